-- How much the model of a conversation thinks; NULL: as the options of chats say. Words of domain::thinking::ThinkingLevel.
ALTER TABLE conversations ADD COLUMN thinking TEXT CHECK (thinking IN ('off', 'on', 'low', 'medium', 'high'));
