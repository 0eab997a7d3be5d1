//! What Outlook keeps that is no mail: people, appointments and tasks. What they say stands in properties and not in a
//! body, some of them under numbers that each file gives out anew ([MS-OXPROPS], [MS-OXMSG] 2.2.3).

use super::{
    compound::{Compound, ROOT},
    property::{Properties, id},
};
use crate::extract::little::{u16_at, u32_at};
use chartrier_schemas::Extraction;
use std::collections::BTreeMap;

/// Words about a person that every file has under the same numbers: names, numbers, addresses, offices.
const PERSON: std::ops::RangeInclusive<u16> = 0x3a00..=0x3a65;

/// Words by their lasting numbers: addresses of people, places of appointments, owners of tasks.
const WORDS: &[u32] = &[
    0x801a, 0x801b, 0x801c, 0x802b, 0x8062, 0x8083, 0x8093, 0x80a3, 0x80d8, 0x811f, 0x8121, 0x8208, 0x8232, 0x8238, 0x823b,
    0x823c,
];

/// Moments by their lasting numbers: when tasks begin and are due, when appointments begin and end.
const MOMENTS: &[u32] = &[0x8104, 0x8105, 0x820d, 0x820e];

/// Adds what a person, an appointment or a task says.
pub(super) fn read(file: &mut Compound<'_>, item: &Properties, extraction: &mut Extraction) {
    let class = item.words(file, id::CLASS).unwrap_or_default().to_ascii_uppercase();
    let known = ["IPM.CONTACT", "IPM.APPOINTMENT", "IPM.TASK", "IPM.ACTIVITY", "IPM.SCHEDULE", "IPM.DISTLIST"];
    if !known.iter().any(|known| class.starts_with(known)) {
        return;
    }
    let numbers = numbers(file);
    let of = |lasting: &u32| numbers.get(lasting).copied();
    let mut lines: Vec<String> = MOMENTS.iter().filter_map(of).filter_map(|number| item.moment(number)).collect();
    for number in PERSON.chain(WORDS.iter().filter_map(of)) {
        let words = item.words(file, number).map(|words| words.replace("\r\n", "\n"));
        lines.extend(words.filter(|words| !words.trim().is_empty() && !lines.contains(words)));
    }
    for line in lines {
        extraction.text.push_str(&line);
        extraction.text.push('\n');
    }
}

/// Which numbers this file gives to properties with a lasting number.
fn numbers(file: &mut Compound<'_>) -> BTreeMap<u32, u16> {
    let storage = file.storage(ROOT, "__nameid_version1.0");
    let entries = storage.and_then(|storage| file.stream(storage, "__substg1.0_00030102")).unwrap_or_default();
    let mut numbers = BTreeMap::new();
    for entry in entries.chunks_exact(8) {
        // One with a name of letters has a mark here.
        let has_number = u16_at(entry, 4).is_some_and(|kind| kind & 1 == 0);
        let number = u16_at(entry, 6).and_then(|index| index.checked_add(0x8000));
        if let (true, Some((lasting, number))) = (has_number, u32_at(entry, 0).zip(number)) {
            numbers.insert(lasting, number);
        }
    }
    numbers
}
