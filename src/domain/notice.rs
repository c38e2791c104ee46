//! The result of a form: a word in the address of the next page, and a sentence on that page.
//!
//! Only sentences of this table are shown, so that a link cannot put text of its own into a page.

macro_rules! notices {
    ($($variant:ident = $code:literal => $one:literal $(, $many:literal)?;)+) => {
        /// The result of a form.
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

            /// The sentence for a count of one, as in the table below.
            pub const fn singular(self) -> &'static str {
                match self { $(Self::$variant => $one),+ }
            }

            /// The sentence for the reader; `#` stands for the count in the table below.
            pub fn sentence(self, count: i64) -> String {
                let pattern = match self { $(Self::$variant => select_plural(count, self.singular(), [$($many)?].first().copied())),+ };
                pattern.replace('#', &count.to_string())
            }
        }
    };
}

impl Notice {
    /// The notice for a check of a feed.
    pub const fn of_refresh(is_fine: bool) -> Self {
        if is_fine { Self::FeedRefreshed } else { Self::FeedRefreshFailed }
    }
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
    FeedRemoved = "feed-removed" => "Removed the feed and its articles.";
    FeedRefreshed = "feed-refreshed" => "Feed refreshed.";
    FeedRefreshFailed = "feed-troubled" => "The refresh failed. The error is shown below.";
    FeedsRefreshing = "feeds-refreshing" => "Refreshing one feed in the background.", "Refreshing # feeds in the background.";
    OpmlImported = "opml-imported" => "One new feed imported. It is fetched in the background.",
        "# new feeds imported. They are fetched in the background.";
    FirstRunEnded = "first-run-ended" => "The checklist is dismissed. It is not shown again.";
    SearchSaved = "search-saved" => "Search saved.";
    SavedSearchMoved = "search-moved" => "Saved searches reordered.";
    SavedSearchRemoved = "search-removed" => "Saved search removed. Its articles were kept.";
    OutgoingFeedRenewed = "out-renewed" => "The feed has a new address. An earlier one no longer works.";
    OutgoingFeedOff = "out-off" => "The feed is off. Its address no longer works.";
    FolderAdded = "folder-added" => "Folder added.";
    FolderRenamed = "folder-renamed" => "Folder renamed.";
    FolderRemoved = "folder-removed" => "Folder removed. Its feeds were kept.";
    CategoryAdded = "category-added" => "Category added.";
    CategorySaved = "category-saved" => "Saved.";
    CategoryWeightSaved = "category-weighed" => "Weight saved. The articles are ranked again.";
    CategoryHidden = "category-hidden" => "Category hidden from the model.";
    CategoryShown = "category-shown" => "Category shown to the model again.";
    CategoryMerged = "category-merged" => "Merged. The old name is an alias of this category now.";
    CategoryRemoved = "category-removed" => "Category removed.";
    CategoriesAcknowledged = "categories-seen" => "New categories marked as seen.";
    SuggestionAccepted = "suggestion-accepted" => "Category added. The articles that it was suggested for have it now.";
    SuggestionMerged = "suggestion-merged" => "Merged. The suggested name is an alias of this category now.";
    SuggestionRefused = "suggestion-refused" => "Refused. This name is not suggested again.";
    InterestsSaved = "interests-saved" => "Saved. One unread article has an outdated score; re-evaluate it below.",
        "Saved. # unread articles have outdated scores; re-evaluate them below.";
    InterestsSavedNoRescore = "interests-current" => "Saved. No unread article needs to be scored again.";
    SettingsSaved = "settings-saved" => "Settings saved.";
    RetentionSaved = "retention-saved" => "Saved. The rules run once a day.";
    RetentionOff = "retention-off" => "Saved. Every article is kept.";
    RetentionRunning = "retention-running" => "A run has begun. It continues when you leave this page.";
    RuleSaved = "rule-saved" => "Rule saved. It runs from the next article on.";
    RuleMoved = "rule-moved" => "Rules reordered.";
    RuleRemoved = "rule-removed" => "Rule removed. What it did stays; its points no longer count.";
    RuleApplying = "rule-applying" => "The rule is being applied to the existing articles. This can be undone for ten minutes.";
    RuleUndoing = "rule-undoing" => "The application of the rule is being undone.";
    ArticleShown = "article-shown" => "The article is in the lists again.";
    LoggedOut = "logged-out" => "You are logged out.";
    PasswordSaved = "password-saved" => "The password is set. Every other browser is logged out.";
    SecondFactorOff = "second-factor-off" => "The second factor is off. The password alone suffices.";
    PasskeyAdded = "passkey-added" => "The passkey is added. It logs you in without the password.";
    PasskeyRenamed = "passkey-renamed" => "Saved.";
    PasskeyRemoved = "passkey-removed" => "The passkey is removed. Remove it from the device that holds it, too.";
    SessionEnded = "session-ended" => "That browser is logged out.";
    DeviceSaved = "device-saved" => "Saved. It applies from the next request of the device.";
    ServerAdded = "server-added" => "Added. It is used from now on; a test shows its models.";
    ServerSaved = "server-saved" => "Saved.";
    ServerRemoved = "server-removed" => "Removed the server.";
    DeviceRevoked = "device-revoked" => "Revoked. The secrets of the device no longer work.";
    ModelsImported = "models-imported" => "Imported. One variant is new or has changed.", "Imported. # variants are new or have changed.";
    ModelsUnchanged = "models-current" => "Imported. Nothing has changed.";
    VariantDeprecated = "variant-deprecated" => "Marked as deprecated. Imports do not change that.";
    VariantUndeprecated = "variant-undeprecated" => "No longer marked as deprecated.";
    VariantRolesSaved = "variant-roles" => "Roles saved.";
    VariantsBackfilled = "variants-filled" => "One field was backfilled.", "# fields were backfilled.";
    ModelChoiceSaved = "models-saved" => "Saved. It applies from the next batch.";
    ModelOptionsSaved = "options-saved" => "Options saved. They apply from the next batch; the model may be reloaded.";
    PullQueued = "pull-asked" => "Download queued. It continues when you leave this page.";
    PullCancelled = "pull-cancelled" => "Cancelled. The downloaded part is kept; pulling again resumes.";
    ModelDeleted = "model-deleted" => "Deleted from Ollama's disk.";
    ModelDeletedInUse = "model-deleted-in-use" => "Deleted. Another model serves its tasks, as ollama.fallback says.";
    ModelDeletedDefault = "model-deleted-default" => "Deleted. It was in use: scoring waits until you choose another model or pull it again.";
    ModelLoaded = "model-loaded" => "Model loaded.";
    ModelLoading = "model-loading" => "Loading the model; this may take a while.";
    ModelUnloaded = "model-unloaded" => "Model unloaded. Its files are kept.";
    ModelUnloading = "model-unloading" => "The model is busy and will be unloaded afterwards.";
    ModelCopied = "model-copied" => "Copied. Both names share their layers on the disk.";
    ModelCreationQueued = "model-creation-asked" => "The model is being created. It continues when you leave this page.";
    NoUpdates = "updates-none" => "No update is available.";
    UpdatesAvailable = "updates-available" => "An update of one model is available.", "Updates of # models are available.";
    UpdatesBeingChecked = "updates-running" => "The registries are being asked. Reload this page in a moment.";
    ModelsLocked = "models-locked" => "The versions of the models in use are locked.";
    ModelsSynced = "models-synced" => "One locked model is missing and is being pulled.", "# locked models are missing and are being pulled.";
    ModelsComplete = "models-complete" => "Every locked model is installed.";
    EarlierModelUsed = "earlier-used" => "The earlier version is in use again.";
    EarlierModelRemoved = "earlier-removed" => "The earlier version is removed.";
    OllamaChecked = "ollama-checked" => "Checked just now.";
    ChatDeleted = "chat-deleted" => "Conversation deleted.";
    ChatRenamed = "chat-renamed" => "Conversation renamed.";
    ScoringPaused = "scoring-paused" => "Scoring is paused after the current article. Nothing in the queue is lost.";
    ScoringResumed = "scoring-resumed" => "Scoring resumed.";
    MarkedRead = "marked-read" => "One article marked as read.", "# articles marked as read.";
    MarkReadUndone = "mark-undone" => "One article is unread again.", "# articles are unread again.";
    ArticleQueued = "article-queued" => "Queued to be scored again.";
    RescoreCancelled = "rescore-cancelled" => "One article keeps the score it has.", "# articles keep the scores they have.";
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
