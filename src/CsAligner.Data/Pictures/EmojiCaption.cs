namespace CsAligner.Data.Pictures;

/// <summary>What an emoji is called in one language.</summary>
/// <param name="Name">Its name: "waving hand".</param>
/// <param name="Keywords">Other words for it, in the file's order.</param>
internal sealed record EmojiCaption(string Name, IReadOnlyList<string> Keywords);
