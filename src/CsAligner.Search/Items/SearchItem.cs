using System.Collections.ObjectModel;
using CsAligner.Retrieval;

namespace CsAligner.Search.Items;

/// <summary>
/// What an index holds: a picture or a text with its vector, and what is shown of it. An item is replaced as a whole, by its
/// <see cref="Id"/>.
/// </summary>
/// <remarks>
/// Texts hold neither NUL nor half a surrogate pair. Limits: id 1 to 1,024 bytes of UTF-8, at most 256 attributes with names of 1 to 256
/// bytes, 1 MiB for all texts together.
/// </remarks>
public sealed class SearchItem
{
    /// <summary>The item's name in the index. Ids are ordered by the bytes of their UTF-8.</summary>
    public required string Id { get; init; }

    /// <summary>A picture or a text.</summary>
    public required RowKind Kind { get; init; }

    /// <summary>
    /// The vector, of the index's width. It is scaled to length 1 and kept as float16; a vector that an index gave is kept bit for bit.
    /// </summary>
    public required ReadOnlyMemory<float> Vector { get; init; }

    /// <summary>What is shown; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>Where the picture lies; null for none.</summary>
    public string? Path { get; init; }

    /// <summary>The text itself; null for none.</summary>
    public string? Text { get; init; }

    /// <summary>Values that filters look at, by name.</summary>
    public IReadOnlyDictionary<string, AttributeValue> Attributes { get; init; } = ReadOnlyDictionary<string, AttributeValue>.Empty;
}
