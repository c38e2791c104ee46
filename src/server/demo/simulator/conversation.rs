//! The answers of the simulated model in conversations: about the article in the prompt, else a fixed text.

use crate::domain::plain_text;
use serde_json::Value;

/// An article between its delimiters, as Gleaner sends it.
struct DelimitedArticle<'a> {
    title: &'a str,
    from: Option<&'a str>,
    sentences: Vec<&'a str>,
}

/// The answer to the last of `messages`.
pub(super) fn reply(messages: &[Value]) -> String {
    let texts: Vec<&str> =
        messages.iter().filter(|m| m["role"] == "user").filter_map(|m| m["content"].as_str()).collect();
    let article = texts.iter().find_map(|text| parse_article(text));
    let question = texts.last().map_or("", |text| question_text(text));
    let asks = |words: &[&str]| words.iter().any(|word| question.to_lowercase().contains(word));
    match article {
        Some(article) if asks(&["who", "author", "source", "where from"]) => reply_with_source(&article),
        Some(article) if asks(&["quote", "word for word", "cite"]) => reply_with_quote(&article),
        Some(article) => summarize(&article, question),
        None if asks(&["hello", "hi", "good morning", "good evening"]) && question.len() < 40 => {
            "Hello! I am the simulated model of the demo. Ask me anything; or open an article and choose **Discuss this \
             article**, which is what I am best at."
                .into()
        }
        None => reply_without_article(question, texts.len()),
    }
}

fn reply_without_article(question: &str, count: usize) -> String {
    let before = if count > 1 { " I remember what you wrote before, too." } else { "" };
    format!(
        "You wrote: “{}”.{before}\n\nI am a **simulated model**, so I know very little. But this is how an answer arrives:\n\n\
         - piece by piece, as the model writes it;\n- with *Markdown*, such as `code` and lists;\n- from your own machine, once a \
         real Ollama runs there.",
        shorten(question)
    )
}

fn summarize(article: &DelimitedArticle<'_>, question: &str) -> String {
    let points: String = article.sentences.iter().take(3).map(|sentence| format!("- {sentence}\n")).collect();
    let intro = if question.is_empty() { String::new() } else { format!("You asked: “{}”. ", shorten(question)) };
    if points.is_empty() {
        return format!("{intro}The feed carries no text of **{}**, so I have only its title to go by.", article.title);
    }
    format!("{intro}What **{}** says:\n\n{points}\nThat is as far as a simulated model can read.", article.title)
}

fn reply_with_source(article: &DelimitedArticle<'_>) -> String {
    article.from.map_or_else(
        || format!("**{}** does not say where it comes from.", article.title),
        |from| format!("**{}** comes from *{from}*.", article.title),
    )
}

fn reply_with_quote(article: &DelimitedArticle<'_>) -> String {
    article
        .sentences
        .first()
        .map_or_else(|| "There is nothing to quote.".into(), |sentence| format!("It says:\n\n> {sentence}"))
}

/// The article in a message: from its title on to the line that closes it.
fn parse_article(text: &str) -> Option<DelimitedArticle<'_>> {
    let (head, body) = between_delimiters(text)?.split_once("\n\n")?;
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let sentences = body.lines().flat_map(|line| line.split_inclusive(['.', '?', '!'])).map(str::trim);
    Some(DelimitedArticle {
        title: field("Title:")?,
        from: field("From:"),
        sentences: sentences.filter(|s| s.ends_with(['.', '?', '!']) && s.split_whitespace().count() > 3).collect(),
    })
}

fn between_delimiters(text: &str) -> Option<&str> {
    let (_, after) = text.split_once(" begins =====\n")?;
    after.split_once("\n===== ").map(|(article, _)| article)
}

/// The question of the reader, without the article before it.
fn question_text(text: &str) -> &str {
    text.rsplit_once(" ends =====").map_or(text, |(_, question)| question).trim()
}

fn shorten(text: &str) -> String {
    plain_text::truncate(&plain_text::clean_line(text), 200)
}

#[cfg(test)]
mod tests {
    use super::reply;
    use serde_json::json;

    #[test]
    fn answers_about_an_article_quote_it() {
        let text = "===== article ab begins =====\nTitle: A loom\nFrom: The Weaver\n\nIt weaves twice as fast. Nobody knows why.\n===== \
                    article ab ends =====\n\n";
        let ask = |question: &str| reply(&[json!({"role": "user", "content": format!("{text}{question}")})]);
        for (question, part) in [
            ("Sum it up", "- It weaves twice as fast."),
            ("Sum it up", "“Sum it up”"),
            ("Who wrote it?", "*The Weaver*"),
            ("A quote please", "> It weaves twice as fast."),
        ] {
            assert!(ask(question).contains(part), "{question}: {}", ask(question));
        }
    }

    #[test]
    fn answers_without_an_article_say_so() {
        let said = |texts: &[&str]| {
            let messages: Vec<_> = texts.iter().map(|text| json!({"role": "user", "content": text})).collect();
            reply(&messages)
        };
        assert!(said(&["hi"]).starts_with("Hello!"));
        assert!(said(&["Why is the sky blue?"]).contains("“Why is the sky blue?”"));
        assert!(said(&["one", "two"]).contains("before"));
    }
}
