//! Setting up a second factor: its secret as a picture for the camera and as text, and the recovery codes, shown once.

use crate::words::Say;
use chartrier_engine::proof::{FACTOR, factor_text};
use fast_qr::{ECL, qr::QRBuilder};
use maud::{Markup, html};

/// Light modules around a QR code, as its standard wants.
const QUIET: usize = 4;

/// The secret of a person, to be taken into an authenticator.
pub(crate) fn secret(say: Say, name: &str, factor: &[u8; FACTOR]) -> Markup {
    let text = factor_text(factor);
    let groups: Vec<String> = text.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect();
    html! {
        div .factor {
            (picture(say, &address(name, &text)))
            div {
                p { (say.t("factor-text")) }
                p .secret { code { (groups.join(" ")) } }
                p { a href=(address(name, &text)) { (say.t("factor-here")) } }
            }
        }
    }
}

/// The address that authenticators read.
pub(crate) fn address(name: &str, secret: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20");
    format!("otpauth://totp/Chartrier:{escaped}?secret={secret}&issuer=Chartrier")
}

/// A QR code as a picture in the page: it asks for nothing, and no cache keeps it.
fn picture(say: Say, address: &str) -> Markup {
    let Ok(code) = QRBuilder::new(address).ecl(ECL::M).build() else { return html! {} };
    let size = code.size;
    let mut path = String::new();
    for (row, modules) in code.data.chunks(size).take(size).enumerate() {
        for column in (0..size).filter(|column| modules[*column].value()) {
            path.push_str(&format!("M{} {}h1v1h-1z", column + QUIET, row + QUIET));
        }
    }
    let side = size + 2 * QUIET;
    html! {
        svg .qr viewBox=(format!("0 0 {side} {side}")) role="img" aria-label=(say.t("factor-picture")) xmlns="http://www.w3.org/2000/svg" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

/// Recovery codes, the one time that they are shown.
pub(crate) fn recovery(say: Say, codes: &[impl AsRef<str>], onward: &str) -> Markup {
    html! {
        section .door {
            h1 { (say.t("recovery-title")) }
            p { (say.t("recovery-text")) }
            ul .codes { @for code in codes { li { code { (code.as_ref()) } } } }
            p .help { (say.t("recovery-help")) }
            p { a .button href=(onward) { (say.t("recovery-kept")) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chartrier_schemas::text::Language;

    #[test]
    fn a_secret_is_shown_as_text_and_as_a_picture_without_a_style() {
        let shown = secret(Say(Language::English), "Ada & Luc", &[7; FACTOR]).into_string();
        assert!(shown.contains("A4DQ OBYH") && shown.contains("<svg") && !shown.contains("style"), "{shown}");
        assert_eq!(address("Ada & Luc", "X"), "otpauth://totp/Chartrier:Ada%20%26%20Luc?secret=X&issuer=Chartrier");
    }
}
