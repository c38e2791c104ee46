//! `/feeds`: every subscription by folder, the folders, import and export of OPML.

use crate::pages::{folders_panel::FoldersPanel, opml_panel::OpmlPanel};
use crate::{
    api::feeds::{FeedsOverview, RefreshFeeds, load_feeds},
    components::{
        article::feed_health_badge::FeedHealthBadge,
        forms::form::{query_param, render_loaded},
        layout::{
            feed_icon::FeedIcon,
            icons::{GEAR_ICON, Icon},
            time_element::TimeElement,
        },
    },
    domain::{
        feed::{Feed, Folder},
        humanize::format_count,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page of all feeds.
#[component]
pub fn FeedsPage() -> impl IntoView {
    view! {
        <Title text="Feeds" />
        {render_loaded(load_feeds(), feeds_view)}
    }
}

fn feeds_view(all: FeedsOverview) -> impl IntoView {
    let FeedsOverview { feeds, folders, .. } = all;
    let troubled: Vec<Feed> = feeds.iter().filter(|feed| feed.health.state.needs_attention()).cloned().collect();
    let is_empty = feeds.is_empty();
    let find = query_param("find");
    let shown = filter_feeds(feeds.clone(), &find);
    let count = format_count(feeds.len().try_into().unwrap_or(i64::MAX), "subscription", "subscriptions");
    let none_found = !is_empty && shown.is_empty();
    view! {
        <header class="page-head">
            <div>
                <h1>"Feeds"</h1>
                <p class="muted">{count}</p>
            </div>
            <div class="actions">
                <a class="button primary" href="/feeds/new">"Add a feed"</a>
                <form method="post" action=RefreshFeeds::url()>
                    <button class="button" disabled=is_empty>"Refresh all"</button>
                </form>
            </div>
        </header>
        {is_empty.then(|| view! { <NoFeeds /> })}
        {(!troubled.is_empty()).then(|| view! { <FailingFeeds feeds=troubled /> })}
        {(!is_empty).then(|| view! { <FeedFilterForm find none_found /> })}
        {group_by_folder(shown, &folders)
            .into_iter()
            .map(|(name, feeds)| view! { <FeedTable name feeds /> })
            .collect_view()}
        <FoldersPanel folders />
        <OpmlPanel has_feeds=!is_empty />
    }
}

#[component]
fn NoFeeds() -> impl IntoView {
    view! {
        <div class="panel">
            <p>"No feeds yet. Add a feed or website, or import an OPML file from another reader."</p>
            <div class="actions">
                <a class="button primary" href="/feeds/new">"Add a feed"</a>
                <a class="button" href="#import">"Import OPML"</a>
            </div>
        </div>
    }
}

/// Narrows the tables to feeds whose title or URL contains what is typed.
#[component]
fn FeedFilterForm(find: String, none_found: bool) -> impl IntoView {
    let is_filtered = !find.trim().is_empty();
    view! {
        <form class="find" action="/feeds" role="search">
            <input type="search" name="find" value=find placeholder="Filter feeds" aria-label="Filter feeds by title or URL" />
            <button class="button small">"Filter"</button>
            {is_filtered.then(|| view! { <a class="button small" href="/feeds">"Show all"</a> })}
        </form>
        {none_found.then(|| view! { <p role="status">"No feed has this in its title or URL."</p> })}
    }
}

/// The feeds with errors.
#[component]
fn FailingFeeds(feeds: Vec<Feed>) -> impl IntoView {
    let lines = feeds
        .into_iter()
        .map(|feed| {
            let title = feed.display_title().to_owned();
            view! {
                <li>
                    <a href=format!("/feeds/{}", feed.id) dir="auto">{title}</a>
                    ": "
                    {feed.health.message.unwrap_or_else(|| "The last refresh failed.".to_owned())}
                    {feed.health.failing_since.map(|at| view! { <span class="muted">" Failing since " <TimeElement at /> "."</span> })}
                    {feed.health.remedy.map(|remedy| view! { <span class="muted">" " {remedy}</span> })}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="troubled">
            <h2 id="troubled">"Feeds with errors"</h2>
            <ul class="lines">{lines}</ul>
        </section>
    }
}

#[component]
fn FeedTable(name: String, feeds: Vec<Feed>) -> impl IntoView {
    let rows = feeds.into_iter().map(|feed| view! { <FeedRow feed /> }).collect_view();
    view! {
        <section class="mt-8">
            <table class="grid-table">
                <caption>{name}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Feed"</th>
                        <th scope="col" class="num">"Unread"</th>
                        <th scope="col">"Status"</th>
                        <th scope="col" class="wide-only">"Last check"</th>
                        <th scope="col"><span class="sr">"Settings"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

#[component]
fn FeedRow(feed: Feed) -> impl IntoView {
    let title = feed.display_title().to_owned();
    view! {
        <tr>
            <th scope="row">
                <FeedIcon hash=feed.icon.clone() />
                <a href=format!("/?feed={}&view=all", feed.id) dir="auto">{title.clone()}</a>
            </th>
            <td class="num">
                <a href=format!("/?feed={}&view=unread", feed.id) aria-label=format!("{} unread in {title}", feed.unread)>{feed.unread}</a>
            </td>
            <td>
                <FeedHealthBadge health=feed.health />
            </td>
            <td class="wide-only">
                {match feed.last_fetched_at {
                    Some(at) => view! { <TimeElement at /> }.into_any(),
                    None => "never".into_any(),
                }}
            </td>
            <td>
                <a class="hit" href=format!("/feeds/{}", feed.id) title="Settings">
                    <Icon path=GEAR_ICON />
                    <span class="sr">"Settings of " {title}</span>
                </a>
            </td>
        </tr>
    }
}

fn filter_feeds(mut feeds: Vec<Feed>, find: &str) -> Vec<Feed> {
    let find = find.trim().to_lowercase();
    feeds.retain(|feed| {
        [feed.display_title(), feed.url.as_str()].iter().any(|text| text.to_lowercase().contains(&find))
    });
    feeds
}

/// Feeds under their folders' names, empty folders left out; those without a folder come last.
fn group_by_folder(feeds: Vec<Feed>, folders: &[Folder]) -> Vec<(String, Vec<Feed>)> {
    let mut groups: Vec<(String, Vec<Feed>)> = folders.iter().map(|folder| (folder.name.clone(), Vec::new())).collect();
    let rest = if folders.is_empty() { "All feeds" } else { "No folder" };
    groups.push((rest.to_owned(), Vec::new()));
    let last = groups.len() - 1;
    for feed in feeds {
        let place = folders.iter().position(|folder| Some(folder.id) == feed.folder_id).unwrap_or(last);
        groups[place].1.push(feed);
    }
    groups.retain(|(_, feeds)| !feeds.is_empty());
    groups
}

#[cfg(test)]
mod tests {
    use super::{filter_feeds, group_by_folder};
    use crate::domain::{
        feed::{Feed, FeedHealth, FeedScoring, Folder},
        feed_url::FeedUrl,
        full_text::FullTextChoice,
        ids::{FeedId, FolderId},
        time::Timestamp,
    };

    fn feed(id: i64, folder: Option<i64>) -> Feed {
        Feed {
            id: FeedId(id),
            url: FeedUrl::parse("https://loom.example/feed").expect("an address"),
            site_url: None,
            title: String::new(),
            custom_title: None,
            folder_id: folder.map(FolderId),
            unread: 0,
            total: 0,
            last_fetched_at: None,
            next_fetch_at: Timestamp(0),
            check_interval: None,
            check_reason: None,
            paused_until: None,
            items_left_out: 0,
            icon: None,
            full_text: FullTextChoice::default(),
            has_short_texts: None,
            own_interval: None,
            pause_until: None,
            scoring: FeedScoring::default(),
            health: FeedHealth::default(),
        }
    }

    #[test]
    fn feeds_stand_under_their_folders() {
        let folder = |id, name: &str| Folder { id: FolderId(id), name: name.to_owned(), unread: 0, feed_count: 0 };
        let groups = group_by_folder(
            vec![feed(1, None), feed(2, Some(7)), feed(3, Some(7)), feed(4, Some(99))],
            &[folder(7, "News"), folder(8, "Empty")],
        );
        let shape: Vec<_> = groups
            .iter()
            .map(|(name, feeds)| (name.as_str(), feeds.iter().map(|f| f.id.0).collect::<Vec<_>>()))
            .collect();
        assert_eq!(shape, [("News", vec![2, 3]), ("No folder", vec![1, 4])]);
    }

    #[test]
    fn feeds_are_filtered_by_title_and_url() {
        let named = |id, title: &str, url: &str| Feed {
            title: title.into(),
            url: FeedUrl::parse(url).expect(url),
            ..feed(id, None)
        };
        let all = vec![named(1, "Tides", "http://sea.example/"), named(2, "Kiln", "http://clay.example/")];
        for (find, found) in [("", vec![1, 2]), (" tide", vec![1]), ("CLAY", vec![2]), ("x y", vec![])] {
            let ids: Vec<_> = filter_feeds(all.clone(), find).iter().map(|feed| feed.id.0).collect();
            assert_eq!(ids, found, "{find}");
        }
    }
}
