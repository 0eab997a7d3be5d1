//! What every command needs of the outside: where the home is, how it is unlocked, which language, whether
//! somebody is looking.

use crate::arguments::{Arguments, Global};
use chartrier_engine::{
    Result,
    archive::{Archive, OpenOptions},
    clock::SystemClock,
    error,
    keys::{Home, Unlock},
    policy::Session,
};
use chartrier_schemas::{Text, text, text::Language};
use std::{
    fs,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    sync::Arc,
};
use zeroize::Zeroizing;

pub(crate) struct Context {
    pub(crate) home: PathBuf,
    /// The home as somebody named it; nothing is the default.
    pub(crate) given_home: Option<PathBuf>,
    pub(crate) json: bool,
    pub(crate) language: Language,
    passphrase_file: Option<PathBuf>,
}

/// The language of the locale.
pub(crate) fn language() -> Language {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")).unwrap_or_default();
    if locale.to_ascii_lowercase().starts_with("fr") { Language::French } else { Language::English }
}

/// Where a home lies when nobody says: the user's data directory (XDG base directory specification).
pub(crate) fn default_home(name: &str) -> PathBuf {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")));
    data.unwrap_or_default().join(name)
}

impl Context {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        let Global { home, passphrase_file, json } = &arguments.global;
        Self {
            home: home.clone().unwrap_or_else(|| default_home("chartrier")),
            given_home: home.clone(),
            json: *json,
            language: language(),
            passphrase_file: passphrase_file.clone(),
        }
    }

    /// The same over another home.
    pub(crate) fn at(&self, home: &Path) -> Self {
        Self { home: home.to_owned(), given_home: None, json: self.json, language: self.language, passphrase_file: None }
    }

    /// A sentence in the language of the locale.
    pub(crate) fn say<'a>(&self, text: &'a Text) -> &'a str {
        text.in_language(self.language)
    }

    fn passphrase_from_file(&self) -> Result<Option<Zeroizing<String>>> {
        let Some(file) = self.passphrase_file.clone().or_else(credential) else { return Ok(None) };
        let file = &file;
        let read = fs::read_to_string(file).map(Zeroizing::new).map_err(|why| error::unreadable(file, &why))?;
        let line = read.lines().next().unwrap_or_default();
        Ok(Some(Zeroizing::new(line.to_owned())))
    }

    /// How an existing home is unlocked: by file, or at the prompt where there is a terminal.
    pub(crate) fn unlock(&self) -> Result<Unlock> {
        if let Some(passphrase) = self.passphrase_from_file()? {
            return Ok(Unlock::Passphrase(passphrase));
        }
        let protected = Home::exists(&self.home) && Home::is_protected(&self.home)?;
        if protected && std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
            let prompt = text!("Passphrase: ", "Phrase secrète : ");
            return prompt_passphrase(self.say(&prompt)).map(Unlock::Passphrase);
        }
        Ok(Unlock::Unprotected)
    }

    /// How a home that is about to be made will be unlocked.
    pub(crate) fn new_unlock(&self, no_passphrase: bool) -> Result<Unlock> {
        if no_passphrase {
            return Ok(Unlock::Unprotected);
        }
        let passphrase = match self.passphrase_from_file()? {
            Some(passphrase) => passphrase,
            None if std::io::stdin().is_terminal() => {
                let first = prompt_passphrase(self.say(&text!("New passphrase: ", "Nouvelle phrase secrète : ")))?;
                let second = prompt_passphrase(self.say(&text!("Once more: ", "Encore une fois : ")))?;
                if *first != *second {
                    return Err(error::invalid(
                        text!("The two passphrases differ.", "Les deux phrases secrètes diffèrent."),
                        text!("Nothing was made. Start again.", "Rien n’a été créé. Recommencez."),
                    ));
                }
                first
            }
            None => {
                return Err(error::locked(
                    text!(
                        "A new home needs a passphrase, and there is no terminal to ask on.",
                        "Un nouveau poste demande une phrase secrète, et il n’y a pas de terminal où la demander."
                    ),
                    text!("Give --passphrase-file, or --no-passphrase.", "Donnez --passphrase-file, ou --no-passphrase."),
                ));
            }
        };
        if passphrase.is_empty() {
            return Err(error::invalid(
                text!("The passphrase is empty.", "La phrase secrète est vide."),
                text!("Choose several words, or say --no-passphrase.", "Choisissez plusieurs mots, ou dites --no-passphrase."),
            ));
        }
        Ok(Unlock::Passphrase(passphrase))
    }

    /// How the home is opened.
    pub(crate) fn options(&self) -> Result<OpenOptions> {
        Ok(self.options_with(self.unlock()?))
    }

    pub(crate) fn options_with(&self, unlock: Unlock) -> OpenOptions {
        OpenOptions { unlock, clock: Arc::new(SystemClock), store: None }
    }

    /// The open archive, and the session of its person.
    pub(crate) fn open(&self) -> Result<(Archive, Session)> {
        let archive = Archive::open(&self.home, &self.options()?)?;
        let session = archive.session(archive.owner())?;
        Ok((archive, session))
    }

    /// The same, narrowed to what another person may know.
    pub(crate) fn open_as(&self, person: Option<&str>) -> Result<(Archive, Session)> {
        let (archive, own) = self.open()?;
        let Some(name) = person else { return Ok((archive, own)) };
        let other = archive.session(archive.person_named(&own, name)?)?;
        Ok((archive, own.narrowed_by(other)))
    }

    /// Whether progress is drawn: somebody is looking, and nothing reads along.
    pub(crate) fn draws(&self) -> bool {
        !self.json && std::io::stderr().is_terminal()
    }
}

/// The passphrase that systemd hands to a service: a file that it alone can read (systemd.exec, `LoadCredential=`).
fn credential() -> Option<PathBuf> {
    let file = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?).join("chartrier-passphrase");
    file.is_file().then_some(file)
}

fn prompt_passphrase(prompt: &str) -> Result<Zeroizing<String>> {
    rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|why| error::io("read the passphrase", &why))
}
