//! Accounts for tests: an authenticator, and a person who makes an account by an invitation, as a browser would.

use crate::browse::{Answer, Served, Visitor};
use chartrier_engine::{archive::Archive, clock::Clock as _, proof::code_at};
use chartrier_schemas::PersonId;

/// A password that is taken, as a form writes it.
pub const PASSWORD: &str = "quatre+rosiers+sous+la+pluie";

/// The same as a person writes it.
pub const SPOKEN: &str = "quatre rosiers sous la pluie";

/// What a phone keeps.
#[derive(Clone, Debug)]
pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// Reads the secret that a page shows as text.
    pub fn read(page: &str) -> Self {
        let shown = page.split("class=\"secret\"><code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a secret");
        let (mut bits, mut held, mut secret) = (0u32, 0, Vec::new());
        for letter in shown.bytes().filter(|byte| *byte != b' ') {
            let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|one| *one == letter).expect("base 32");
            bits = bits << 5 | value as u32;
            held += 5;
            if held >= 8 {
                held -= 8;
                secret.push((bits >> held & 255) as u8);
            }
        }
        assert_eq!(secret.len(), 20);
        Self(secret)
    }

    /// The code that it shows now.
    pub fn code(&self, served: &Served) -> String {
        code_at(&self.0, served.clock.now())
    }
}

/// A field of a form on a page.
pub fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no {name} in {page}"));
    after.split('"').next().expect("a value")
}

/// The recovery codes that an answer shows.
pub fn recovery(answer: &Answer) -> Vec<String> {
    let page = answer.text();
    let list = page.split("<ul class=\"codes\">").nth(1).and_then(|rest| rest.split("</ul>").next()).expect("codes");
    list.split("<code>").skip(1).filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect()
}

/// A person who makes an account: signed in, with a phone and recovery codes.
pub fn enrolled(served: &Served, archive: &Archive, person: PersonId) -> (Visitor, Authenticator, Vec<String>) {
    let officer = archive.session(archive.owner()).expect("a session");
    let invitation = archive.invite(&officer, person).expect("an invitation");
    let mut visitor = served.visitor();
    let page = visitor.post("/invitation", &[("invitation", &invitation)]).text();
    let phone = Authenticator::read(&page);
    let form = [
        ("invitation", invitation.as_str()),
        ("salt", field(&page, "salt")),
        ("password", PASSWORD),
        ("again", PASSWORD),
        ("code", &phone.code(served)),
    ];
    let answer = visitor.post("/invitation", &form);
    assert_eq!(answer.status, 200, "{}", answer.text());
    visitor.keep_cookie(&answer);
    (visitor, phone, recovery(&answer))
}
