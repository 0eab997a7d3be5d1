//! Pages as pictures, and what recognising text on them needs, asked of the workers of a pool.

use super::{
    document::Document,
    pool::Pool,
    process::Trouble,
    protocol::{Job, Request, read_frame},
    trust,
};
use crate::{
    extract::Layer,
    findings,
    limits::{MAX_ANSWER, MAX_FORMAT, MAX_PAGE_IMAGE, MAX_PAGE_ROWS, MAX_PAGE_SIDE, MAX_READ, MAX_SCAN_SIDE, MAX_TEXT},
};
use chartrier_schemas::{Finding, PageRow};
use std::io::Read;

/// One page: pixels only, encoded anew by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageImage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The page as JPEG.
    pub jpeg: Vec<u8>,
    /// Its words, row by row, with their places; none where it does not say what they are.
    pub rows: Vec<PageRow>,
}

/// One page, grey, as text recognition takes it.
pub(crate) struct Scan {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// One byte a pixel, row by row from the top.
    pub(crate) pixels: Vec<u8>,
}

/// Hears an answer: what was asked for, or why it cannot be had.
type Hear<'a, T> = &'a mut dyn FnMut(&mut dyn Read) -> Result<Result<T, Finding>, Trouble>;

impl Pool {
    /// Makes a picture of one page of a PDF or of a picture, counted from 1, at most `side` pixels long and never longer
    /// than [`MAX_PAGE_SIDE`]. A PDF is drawn at that size, a picture is never made larger than it is.
    pub fn page_image(
        &self,
        document: &mut dyn Document,
        size: u64,
        name: &str,
        page: u32,
        side: u32,
    ) -> Result<PageImage, Finding> {
        let side = side.clamp(1, MAX_PAGE_SIDE);
        self.ask(document, size, name, Job::Page { page, side }, &mut |output| {
            let frame = read_frame(output, MAX_PAGE_IMAGE + 8)?;
            match trust::jpeg(&frame, side, MAX_PAGE_IMAGE)? {
                Some(page) => {
                    let rows = trust::rows(&read_frame(output, MAX_PAGE_ROWS)?)?;
                    Ok(Ok(PageImage { width: page.width, height: page.height, jpeg: page.bytes.to_vec(), rows }))
                }
                None => Ok(Err(finding(output)?)),
            }
        })
    }

    /// One page for text recognition.
    pub(crate) fn scan(&self, document: &mut dyn Document, size: u64, name: &str, page: u32) -> Result<Scan, Finding> {
        self.ask(document, size, name, Job::Scan { page }, &mut |output| {
            let frame = read_frame(output, (MAX_SCAN_SIDE * MAX_SCAN_SIDE) as usize + 8)?;
            match trust::scan(frame)? {
                Some(scan) => Ok(Ok(scan)),
                None => Ok(Err(finding(output)?)),
            }
        })
    }

    /// What is written on each page.
    pub(crate) fn layers(&self, document: &mut dyn Document, size: u64, name: &str) -> Result<Vec<Layer>, Finding> {
        self.ask(document, size, name, Job::Layers, &mut |output| {
            let head = read_frame(output, MAX_ANSWER)?;
            let waits: Vec<bool> = serde_json::from_slice(&head).map_err(|_| Trouble::Lied)?;
            trust::pages(waits.len())?;
            let mut left = MAX_TEXT;
            let mut layers = Vec::with_capacity(waits.len());
            for waits in waits {
                let text = read_frame(output, left)?;
                left -= text.len();
                layers.push(Layer { text: trust::text(text)?, waits });
            }
            Ok(Ok(layers))
        })
    }

    fn ask<T>(&self, document: &mut dyn Document, size: u64, name: &str, job: Job, hear: Hear<'_, T>) -> Result<T, Finding> {
        if size > MAX_READ {
            return Err(findings::too_large());
        }
        let request = Request { job, name: name.to_owned(), size };
        let answer = self.twice(&mut |worker, deadline| {
            worker.send(&request, &mut |offset, out| document.read_at(offset, out), deadline)?;
            hear(&mut worker.output(deadline))
        });
        answer.map_err(|why| why.finding())?
    }
}

/// Why there is no picture.
fn finding(output: &mut dyn Read) -> Result<Finding, Trouble> {
    let finding = serde_json::from_slice(&read_frame(output, MAX_FORMAT * 4)?).map_err(|_| Trouble::Lied)?;
    trust::finding(&finding)?;
    Ok(finding)
}
