//! What is wrong with a command line, as problem and remedy in the person's language: the words of the argument parser
//! are English only, and no JSON.

use chartrier_engine::{Error, error};
use chartrier_schemas::{Text, text};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::{ffi::OsString, num::ParseIntError};

/// Whether JSON was asked for, as far as can be told of a command line that was not understood.
pub(crate) fn wants_json(mut given: impl Iterator<Item = OsString>) -> bool {
    given.find(|word| word == "--json" || word == "--").is_some_and(|word| word == "--json")
}

/// The error of the argument parser as ours.
pub(crate) fn told(why: &clap::Error) -> Error {
    let suggested = suggestion(why);
    let help = help(why);
    let remedy = match suggested {
        Some(hint) => Text { en: format!("{} {}", hint.en, help.en), fr: format!("{} {}", hint.fr, help.fr) },
        None => help,
    };
    error::invalid(problem(why), remedy)
}

fn problem(why: &clap::Error) -> Text {
    let (argument, value) = (said(why, ContextKind::InvalidArg), said(why, ContextKind::InvalidValue));
    match why.kind() {
        ErrorKind::InvalidSubcommand => {
            let verb = said(why, ContextKind::InvalidSubcommand);
            text!("There is no verb `{verb}`.", "Le verbe `{verb}` n’existe pas.", verb = verb)
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            text!("The verb is missing.", "Il manque le verbe.")
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            text!("There is no option `{argument}` here.", "Il n’y a pas ici d’option `{argument}`.", argument = argument)
        }
        ErrorKind::UnknownArgument => {
            text!("`{argument}` is one word too many.", "`{argument}` est un mot de trop.", argument = argument)
        }
        ErrorKind::MissingRequiredArgument => {
            text!("Something is missing: {argument}.", "Il manque quelque chose : {argument}.", argument = argument)
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            text!("`{argument}` has no value.", "`{argument}` n’a pas de valeur.", argument = argument)
        }
        ErrorKind::ValueValidation if is_number(why) => text!(
            "`{value}` is not a whole number, which `{argument}` wants.",
            "`{value}` n’est pas un nombre entier, ce que demande `{argument}`.",
            value = value,
            argument = argument
        ),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => text!(
            "`{value}` is not a value of `{argument}`.",
            "`{value}` n’est pas une valeur de `{argument}`.",
            value = value,
            argument = argument
        ),
        ErrorKind::ArgumentConflict => {
            let other = said(why, ContextKind::PriorArg);
            match other == argument {
                true => text!("`{argument}` is given twice.", "`{argument}` est donné deux fois.", argument = argument),
                false => text!(
                    "`{argument}` and `{other}` exclude each other.",
                    "`{argument}` et `{other}` s’excluent.",
                    argument = argument,
                    other = other
                ),
            }
        }
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            text!("`{argument}` has too few values.", "`{argument}` n’a pas assez de valeurs.", argument = argument)
        }
        ErrorKind::TooManyValues => {
            text!("`{argument}` has too many values.", "`{argument}` a trop de valeurs.", argument = argument)
        }
        ErrorKind::InvalidUtf8 => {
            text!("An argument is not text in UTF-8.", "Un argument n’est pas du texte en UTF-8.")
        }
        _ => text!("This command line makes no sense.", "Cette ligne de commande n’a pas de sens."),
    }
}

/// Whether a number was wanted.
fn is_number(why: &clap::Error) -> bool {
    std::error::Error::source(why).is_some_and(|source| source.is::<ParseIntError>() || source.to_string().contains("digit"))
}

/// What could have been meant.
fn suggestion(why: &clap::Error) -> Option<Text> {
    let meant = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    if let Some(meant) = meant.into_iter().map(|kind| said(why, kind)).find(|meant| !meant.is_empty()) {
        return Some(text!("Did you mean `{meant}`?", "Vouliez-vous dire `{meant}` ?", meant = meant));
    }
    let verbs = said(why, ContextKind::ValidSubcommand);
    if !verbs.is_empty() && why.kind() != ErrorKind::InvalidSubcommand {
        return Some(text!("Verbs: {verbs}.", "Verbes : {verbs}.", verbs = verbs));
    }
    let values = said(why, ContextKind::ValidValue);
    (!values.is_empty()).then(|| text!("Values: {values}.", "Valeurs : {values}.", values = values))
}

/// Where the help is: that of the verb, where one was understood.
fn help(why: &clap::Error) -> Text {
    let usage = said(why, ContextKind::Usage);
    let words = usage.trim_start_matches("Usage:").split_whitespace().skip(1);
    let verbs: Vec<&str> = words.take_while(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-')).collect();
    let verbs = verbs.iter().filter(|verb| !verb.starts_with('-')).fold(String::new(), |all, verb| format!("{all} {verb}"));
    text!("See `chartrier{verbs} --help`.", "Voyez `chartrier{verbs} --help`.", verbs = verbs)
}

fn said(why: &clap::Error, kind: ContextKind) -> String {
    match why.get(kind) {
        // A suggested command is a whole sentence elsewhere: one word is enough, the likeliest, which comes last.
        Some(ContextValue::Strings(all)) if is_suggestion(kind) => all.last().cloned().unwrap_or_default(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

fn is_suggestion(kind: ContextKind) -> bool {
    matches!(kind, ContextKind::SuggestedSubcommand | ContextKind::SuggestedArg | ContextKind::SuggestedValue)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::Parser as _;

    fn check(given: &str, problem: &str, problem_fr: &str, remedy: &str) {
        let told = told(&Arguments::try_parse_from(given.split(' ')).err().unwrap());
        assert_eq!((told.problem.en.as_str(), told.problem.fr.as_str()), (problem, problem_fr), "{given}");
        assert_eq!(told.remedy.en, remedy, "{given}");
    }

    #[test]
    fn what_is_wrong_is_told_in_both_languages() {
        check(
            "chartrier serach x",
            "There is no verb `serach`.",
            "Le verbe `serach` n’existe pas.",
            "Did you mean `search`? See `chartrier --help`.",
        );
        check(
            "chartrier search --limit XX a",
            "`XX` is not a whole number, which `--limit <LIMIT>` wants.",
            "`XX` n’est pas un nombre entier, ce que demande `--limit <LIMIT>`.",
            "See `chartrier --help`.",
        );
        check(
            "chartrier get rec-1 --component XX",
            "`XX` is not a whole number, which `--component <N>` wants.",
            "`XX` n’est pas un nombre entier, ce que demande `--component <N>`.",
            "See `chartrier --help`.",
        );
        check(
            "chartrier search --sort size a",
            "`size` is not a value of `--sort <SORT>`.",
            "`size` n’est pas une valeur de `--sort <SORT>`.",
            "Values: relevance, date. See `chartrier --help`.",
        );
        check(
            "chartrier class add 3",
            "Something is missing: <TITLE>.",
            "Il manque quelque chose : <TITLE>.",
            "See `chartrier class add --help`.",
        );
        check(
            "chartrier init --no-passphrase --passphrase-file x",
            "`--no-passphrase` and `--passphrase-file <F>` exclude each other.",
            "`--no-passphrase` et `--passphrase-file <F>` s’excluent.",
            "See `chartrier init --help`.",
        );
        check(
            "chartrier list --colour",
            "There is no option `--colour` here.",
            "Il n’y a pas ici d’option `--colour`.",
            "See `chartrier list --help`.",
        );
        check(
            "chartrier verify everything",
            "`everything` is one word too many.",
            "`everything` est un mot de trop.",
            "See `chartrier verify --help`.",
        );
    }

    #[test]
    fn json_is_asked_for_before_the_arguments_end() {
        let wants = |given: &str| wants_json(given.split(' ').map(OsString::from));
        assert!(wants("chartrier serach --json"));
        assert!(!wants("chartrier search -- --json"));
    }
}
