//! TLS of the server's own: a certificate and its key, read once at the start. Must never serve in clear what it cannot
//! serve in secret.

use chartrier_engine::{Error, Kind, Result};
use chartrier_schemas::text;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// Where certificate and key lie, in PEM: the server's own certificate first, then those above it.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate and those above it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Tls {
    /// Reads both, and makes sure that they belong together. TLS 1.2 and 1.3.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor> {
        let certificates = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
            .map_err(|why| unusable(&self.certificate, &why))?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|why| unusable(&self.key, &why))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(certificates, key))
            .map_err(|why| unusable(&self.certificate, &why))?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn unusable(file: &Path, why: &dyn std::fmt::Display) -> Error {
    let file = file.display();
    Error {
        kind: Kind::Invalid,
        problem: text!(
            "{file} cannot be used for TLS: {why}.",
            "{file} ne peut pas servir au TLS : {why}.",
            file = file,
            why = why
        ),
        remedy: text!(
            "Give a certificate in PEM with --tls-certificate and its key with --tls-key. Nothing was served.",
            "Donnez un certificat en PEM par --tls-certificate et sa clef par --tls-key. Rien n’a été servi."
        ),
    }
}
