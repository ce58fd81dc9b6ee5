"""The asyncio client: streams around :class:`myoshu.protocol.conversation.Conversation`."""
