//! Parsing documents: code blocks, links and headings.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::path::{Path, PathBuf};

/// A fenced block.
#[derive(Clone, Debug)]
pub struct CodeBlock {
    /// Behind the fence, such as `console` or `sh needs=ollama`.
    pub info: String,
    pub text: String,
}

impl CodeBlock {
    /// The language: the first word.
    pub fn language(&self) -> &str {
        self.info.split_whitespace().next().unwrap_or_default()
    }

    /// The value of `key=value`.
    pub fn mark(&self, key: &str) -> Option<&str> {
        self.info.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }
}

/// A document of the project.
#[derive(Clone, Debug)]
pub struct MarkdownDocument {
    /// From the root of the project.
    pub name: String,
    pub text: String,
    pub blocks: Vec<CodeBlock>,
    pub links: Vec<String>,
    /// The anchors of headings, as GitHub makes them.
    pub anchors: Vec<String>,
}

/// The root of the project.
pub fn project_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document.
pub fn all_documents() -> Vec<MarkdownDocument> {
    let mut files: Vec<PathBuf> = ["", "docs", "docs/adr", "docs/spec"]
        .iter()
        .flat_map(|folder| markdown_files_in(&project_root().join(folder)))
        .collect();
    files.sort();
    files.iter().map(|file| parse_document(file)).collect()
}

fn markdown_files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    files.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}

fn parse_document(file: &Path) -> MarkdownDocument {
    let text = std::fs::read_to_string(file).expect("readable");
    let name = file.strip_prefix(project_root()).expect("of the project").to_string_lossy().into_owned();
    let mut document = MarkdownDocument { name, blocks: Vec::new(), links: Vec::new(), anchors: Vec::new(), text };
    let (mut block, mut heading): (Option<CodeBlock>, Option<String>) = (None, None);
    for event in Parser::new_ext(&document.text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                block = Some(CodeBlock { info: info.to_string(), text: String::new() });
            }
            Event::End(TagEnd::CodeBlock) => document.blocks.extend(block.take()),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                document.links.push(dest_url.to_string());
            }
            Event::Start(Tag::Heading { level, .. }) if level >= HeadingLevel::H1 => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                document.anchors.extend(heading.take().map(|title| heading_anchor(&title)))
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(block) = &mut block {
                    block.text.push_str(&text);
                } else if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    document
}

/// The anchor that GitHub gives a heading: lower case, without punctuation, dashes for spaces.
pub fn heading_anchor(title: &str) -> String {
    let kept = title
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .collect::<String>();
    kept.trim().replace(' ', "-")
}
