//! `/articles/{id}`: the reader. The parameters of the address are those of the list that it was opened from.

use crate::{
    api::{
        articles::{MarkArticle, RescoreArticle, load_article},
        rules::ShowHiddenArticle,
        scoring::CancelRescore,
    },
    components::{
        article::{
            article_row::{is_web_url, read_toggle, star_toggle, title_or_untitled},
            full_text_panel::FullTextPanel,
            list_toolbar::{list_params, return_url},
            publisher_media::{MediaAfterText, MediaBeforeText},
            score_panel::ScorePanel,
            story_copies::StoryCopies,
        },
        layout::{
            error_page::ErrorPage,
            icons::{ARROW_LEFT_ICON, ARROW_RIGHT_ICON, EXTERNAL_LINK_ICON, Icon},
            safe_html::Prose,
            time_element::TimeElement,
        },
    },
    domain::{
        article::{ArticleDetail, ArticleRow},
        ids::ArticleId,
        inbox::ArticleWithNeighbors,
        notice::Notice,
        publisher_details::{ArticleSource, PublisherDetails, arrange_media},
        score::ArticleState,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map};
use server_fn::ServerFn;

/// Loads the article. Opening it marks it read; see `server::http::visit`.
#[component]
pub fn ArticlePage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let search = use_location().search.get_untracked();
    Suspend::new(async move {
        match load_article(id, search.trim_start_matches('?').to_owned()).await {
            Ok(reader) => view! { <ArticleReaderView reader /> }.into_any(),
            Err(error) => view! { <ErrorPage error /> }.into_any(),
        }
    })
}

#[component]
fn ArticleReaderView(reader: ArticleWithNeighbors) -> impl IntoView {
    let ArticleWithNeighbors { article, query, recent, settings, previous, next, category_weights, feed_scoring } =
        reader;
    let without_model = settings.without_model;
    let ArticleDetail { row, content_html, details, full_text, scored_article, rule_effects, media_positions, .. } =
        article.clone();
    let hidden_by = rule_effects.hidden_by;
    let source = row.also_in.iter().find(|copy| Some(copy.id) == scored_article && !without_model);
    let score_source = source.map(|copy| (copy.feed_title.clone(), format!("/articles/{}", copy.id)));
    let media = arrange_media(&details.media, &content_html);
    let language = row.language.clone();
    let has_media = !details.media.is_empty();
    let title = title_or_untitled(row.title.clone());
    let is_empty = content_html.trim().is_empty();
    view! {
        <Title text=title.clone() />
        <article class="reader" id=format!("a{}", row.id)>
            <ArticleNav list=return_url(&query, settings, &recent) params=list_params(&query, settings, &recent) previous next />
            <h1 lang=language.clone() dir="auto">{title}</h1>
            <p class="meta">
                <a href=format!("/?feed={}", row.feed_id) dir="auto">{row.feed_title.clone()}</a>
                {row.author.clone().map(|author| view! { " · " <span dir="auto">{author}</span> })}
                {details.source.clone().map(|source| view! { " · " <SourceLink source /> })}
                " · "
                <TimeElement at=row.sorted_at />
            </p>
            {(!row.categories.is_empty())
                .then(|| {
                    view! {
                        <p class="labels">
                            {row
                                .categories
                                .iter()
                                .map(|c| {
                                    view! {
                                        <a class="chip" href=format!("/?category={}", c.id)>
                                            {c.name.clone()}
                                        </a>
                                    }
                                })
                                .collect_view()}
                        </p>
                    }
                })}
            {(!without_model).then(|| view! { <ScorePanel article weights=category_weights feed_scoring /> })}
            {hidden_by.map(|rule| view! { <HiddenByRule id=row.id rule /> })}
            <StoryCopies copies=row.also_in.clone() score_source />
            <ArticleToolbar row=row.clone() comments=details.comments_url.clone() without_model never_score=feed_scoring.never_score />
            <FullTextPanel id=row.id status=full_text />
            <MediaBeforeText id=row.id layout=media.clone() positions=media_positions />
            {if !is_empty {
                view! { <Prose html=content_html language /> }.into_any()
            } else if has_media {
                ().into_any()
            } else {
                view! { <p class="muted">"The feed has no content for this article. Open the original to read it."</p> }.into_any()
            }}
            <MediaAfterText layout=media />
            <PublisherCategories details />
        </article>
    }
}

/// The rule that hid the article, and the button that shows it again.
#[component]
fn HiddenByRule(id: ArticleId, rule: String) -> impl IntoView {
    view! {
        <form class="one-line" method="post" action=ShowHiddenArticle::url()>
            <span>"Hidden by the rule " <a href="/rules" dir="auto">{rule}</a> ": it stands in no list."</span>
            <button class="button small" name="article" value=id.to_string()>
                "Show again"
            </button>
        </form>
    }
}

/// Back to the list, and its articles before and after this one. `list`: the address of the list. `params`: the list and what was
/// opened from it.
#[component]
fn ArticleNav(list: String, params: String, previous: Option<ArticleId>, next: Option<ArticleId>) -> impl IntoView {
    let to = |id: ArticleId| format!("/articles/{id}{params}");
    view! {
        <nav aria-label="Articles">
            <a href=list data-back>
                <Icon path=ARROW_LEFT_ICON />
                "Back to the list"
            </a>
            " "
            <span>
                {previous.map(|id| view! { <a rel="prev" href=to(id)>"Previous"</a> " " })}
                {next
                    .map(|id| {
                        view! {
                            <a rel="next" href=to(id)>
                                "Next"
                                <Icon path=ARROW_RIGHT_ICON />
                            </a>
                        }
                    })}
            </span>
        </nav>
    }
}

/// The feed that the article was taken from.
#[component]
fn SourceLink(source: ArticleSource) -> impl IntoView {
    let title = if source.title.is_empty() { source.url.clone().unwrap_or_default() } else { source.title };
    view! {
        "from "
        {match source.url {
            Some(url) => view! { <a href=url dir="auto" rel="noopener noreferrer nofollow external">{title}</a> }.into_any(),
            None => view! { <span dir="auto">{title}</span> }.into_any(),
        }}
    }
}

/// The publisher's categories, which are separate from those of the model.
#[component]
fn PublisherCategories(details: PublisherDetails) -> impl IntoView {
    let PublisherDetails { categories, language, .. } = details;
    (!categories.is_empty()).then(|| {
        let names = categories
            .into_iter()
            .map(|name| view! { <span class="chip" lang=language.clone() dir="auto">{name}</span> })
            .collect_view();
        view! {
            <p class="labels publisher">
                <span class="muted">"Publisher’s categories"</span>
                {names}
            </p>
        }
    })
}

#[component]
fn ArticleToolbar(row: ArticleRow, comments: Option<String>, without_model: bool, never_score: bool) -> impl IntoView {
    let id = row.id.0;
    let (mark, mark_label) = read_toggle(row.is_read);
    let (star, star_label) = star_toggle(row.is_starred);
    let is_scored = row.score.as_ref().is_some_and(|score| !score.is_keyword_rank);
    let can_cancel = is_scored && row.state == ArticleState::Queued;
    view! {
        <div class="toolbar">
            {row
                .url
                .filter(|address| is_web_url(address))
                .map(|address| {
                    view! {
                        <a class="button small" href=address target="_blank" rel="noopener noreferrer external" data-original>
                            "View original"
                            <Icon path=EXTERNAL_LINK_ICON />
                        </a>
                    }
                })}
            {comments
                .map(|address| {
                    view! {
                        <a class="button small" href=address target="_blank" rel="noopener noreferrer external">
                            "Comments"
                            <Icon path=EXTERNAL_LINK_ICON />
                        </a>
                    }
                })}
            <form method="post" action=MarkArticle::url() class="actions" data-quiet>
                <button class="button small" name=star value=id>
                    {star_label}
                </button>
                " "
                <button class="button small" name=mark value=id>
                    {mark_label}
                </button>
            </form>
            {(!without_model).then(|| view! { <RescoreButtons id can_cancel never_score /> })}
        </div>
    }
}

/// Buttons to score again, or to cancel that while it is queued, and to chat about the article. `never_score`: the feed is not scored.
#[component]
fn RescoreButtons(id: i64, can_cancel: bool, never_score: bool) -> impl IntoView {
    view! {
        {if can_cancel {
            view! {
                <form method="post" action=CancelRescore::url()>
                    <button class="button small" name="article" value=id>
                        "Cancel scoring again"
                    </button>
                </form>
            }
                .into_any()
        } else if never_score {
            ().into_any()
        } else {
            view! {
                <form method="post" action=RescoreArticle::url() data-quiet data-message=Notice::ArticleQueued.sentence(1)>
                    <button class="button small" name="rescore" value=id>
                        "Score again"
                    </button>
                </form>
            }
                .into_any()
        }}
        <a class="button small" href=format!("/chat?article={id}")>
            "Chat about this article"
        </a>
    }
}
