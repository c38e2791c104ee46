//! What a form came to, as a word in the address of the page it leads to and as a sentence on that page.
//!
//! Only words of this table are ever shown, so that a link cannot put sentences of its own into a page.

macro_rules! notices {
    ($($variant:ident = $code:literal => $one:literal $(, $many:literal)?;)+) => {
        /// What a form came to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Notice { $(#[doc = $one] $variant),+ }

        impl Notice {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the address: the value of `done`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Reads [`Self::code`] back.
            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The sentence for the reader; `#` stands for the count in the table below.
            pub fn sentence(self, count: i64) -> String {
                let pattern = match self { $(Self::$variant => select_plural(count, $one, [$($many)?].first().copied())),+ };
                pattern.replace('#', &count.to_string())
            }
        }
    };
}

fn select_plural(count: i64, one: &'static str, many: Option<&'static str>) -> &'static str {
    match many {
        Some(many) if count != 1 => many,
        _ => one,
    }
}

notices! {
    FeedAdded = "feed-added" => "Subscribed. Its articles are stored.";
    FeedsAdded = "feeds-added" => "Subscribed to one feed.", "Subscribed to # feeds.";
    FeedSaved = "feed-saved" => "Saved.";
    FeedRemoved = "feed-removed" => "Removed, with its articles.";
    FeedRefreshed = "feed-refreshed" => "Checked just now.";
    FeedRefreshFailed = "feed-troubled" => "Checked just now, without success. The cause is below.";
    FeedsRefreshing = "feeds-refreshing" => "One feed is being checked now.", "# feeds are being checked now.";
    OpmlImported = "opml-imported" => "One new feed imported. It is fetched in the background.",
        "# new feeds imported. They are fetched in the background.";
    FolderAdded = "folder-added" => "Folder added.";
    FolderRenamed = "folder-renamed" => "Folder renamed.";
    FolderRemoved = "folder-removed" => "Folder removed. Its feeds stay.";
    CategoryAdded = "category-added" => "Category added.";
    CategorySaved = "category-saved" => "Saved.";
    CategoryWeightSaved = "category-weighed" => "Weight saved. The articles are ranked anew.";
    CategoryHidden = "category-hidden" => "Hidden. The model is not offered it any more.";
    CategoryShown = "category-shown" => "The model is offered this category again.";
    CategoryMerged = "category-merged" => "Merged. The old name leads to this category from now on.";
    CategoryRemoved = "category-removed" => "Category removed.";
    CategoriesAcknowledged = "categories-seen" => "New categories marked as seen.";
    InterestsSaved = "interests-saved" => "Saved. One unread article has a score from before; it is worth scoring again.",
        "Saved. # unread articles have scores from before; they are worth scoring again.";
    InterestsSavedNoRescore = "interests-current" => "Saved. No unread article needs to be scored again.";
    SettingsSaved = "settings-saved" => "Settings saved.";
    ModelsImported = "models-imported" => "Imported. One variant is new or has changed.", "Imported. # variants are new or have changed.";
    ModelsUnchanged = "models-current" => "Imported. Nothing has changed.";
    VariantDeprecated = "variant-deprecated" => "Marked as deprecated. No import takes the mark away.";
    VariantUndeprecated = "variant-undeprecated" => "The mark is gone.";
    VariantRolesSaved = "variant-roles" => "Roles saved.";
    VariantsBackfilled = "variants-filled" => "One field was filled.", "# fields were filled.";
    ModelChoiceSaved = "models-saved" => "Saved. It applies from the next batch.";
    ModelOptionsSaved = "options-saved" => "Options saved. They apply from the next batch; the model may be loaded anew.";
    PullQueued = "pull-asked" => "The download is asked for. It goes on when you leave this page.";
    CancelPullResponse = "pull-cancelled" => "Cancelled. What was downloaded is kept; a later pull goes on from there.";
    ModelDeleted = "model-deleted" => "Deleted from Ollama's disk.";
    ModelDeletedInUse = "model-deleted-in-use" => "Deleted. What it was used for falls back to the configured model.";
    ModelDeletedDefault = "model-deleted-default" => "Deleted. It was the configured model: scoring waits until you choose another or pull it again.";
    ModelLoaded = "model-loaded" => "In memory.";
    ModelLoading = "model-loading" => "It is being loaded; that takes a while.";
    ModelUnloaded = "model-unloaded" => "No longer in memory. Its files stay.";
    ModelUnloading = "model-unloading" => "It is at work and leaves memory afterwards.";
    OllamaChecked = "ollama-checked" => "Checked just now.";
    ChatDeleted = "chat-deleted" => "The conversation is deleted.";
    ScoringPaused = "scoring-paused" => "Scoring is paused. Nothing in the queue is lost.";
    ScoringResumed = "scoring-resumed" => "Scoring goes on.";
    MarkReadResponse = "marked-read" => "One article marked read.", "# articles marked read.";
    MarkReadUndone = "mark-undone" => "One article is unread again.", "# articles are unread again.";
    ArticleQueued = "article-queued" => "Queued to be scored again.";
    ArticlesQueued = "requeued" => "One article is queued to be scored again.", "# articles are queued to be scored again.";
}

#[cfg(test)]
mod tests {
    use super::Notice;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_round_trip() {
        let codes: HashSet<_> = Notice::ALL.iter().map(|notice| notice.code()).collect();
        assert_eq!(codes.len(), Notice::ALL.len());
        assert!(Notice::ALL.iter().all(|notice| Notice::parse(notice.code()) == Some(*notice)));
        assert_eq!(Notice::parse("<b>you won</b>"), None);
    }

    #[test]
    fn sentences_count() {
        for (notice, count, expected) in [
            (Notice::FeedsAdded, 1, "Subscribed to one feed."),
            (Notice::FeedsAdded, 3, "Subscribed to 3 feeds."),
            (Notice::OpmlImported, 0, "0 new feeds imported. They are fetched in the background."),
            (Notice::FeedSaved, 7, "Saved."),
        ] {
            assert_eq!(notice.sentence(count), expected);
        }
    }
}
