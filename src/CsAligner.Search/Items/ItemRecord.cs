using System.Globalization;
using System.Text;
using CsAligner.Retrieval;
using CsAligner.Tensors;

namespace CsAligner.Search.Items;

/// <summary>An item that was checked, as stores keep it.</summary>
internal sealed record ItemRecord(
    string Id, RowKind Kind, string? Name, string? Path, string? Text, IReadOnlyDictionary<string, AttributeValue> Attributes,
        Half[] Vector)
{
    public const int MostIdBytes = 1024, MostAttributes = 256, MostNameBytes = 256, MostBytes = 1 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Checks items for an index of a width. Of several with one id, the last stays.</summary>
    /// <exception cref="InputException">An item cannot be kept; the message names it.</exception>
    public static IReadOnlyList<ItemRecord> Check(IReadOnlyList<SearchItem> items, int width)
    {
        ArgumentNullException.ThrowIfNull(items);
        var records = new Dictionary<string, ItemRecord>(items.Count, StringComparer.Ordinal);
        for (int i = 0; i < items.Count; i++)
        {
            ItemRecord record = Check(items[i] ?? throw new ArgumentException($"Add: item {i} is null.", nameof(items)), i, width);
            records[record.Id] = record;
        }

        return [.. records.Values];
    }

    /// <summary>Checks an id; a wrong one can be in no index.</summary>
    /// <exception cref="InputException">It cannot be an id.</exception>
    public static void CheckId(string? id, string what = "the id")
    {
        int bytes = Bytes(id ?? "", what);
        if (bytes is 0 or > MostIdBytes)
            throw new InputException($"{what} has {Number(bytes)} bytes; expected 1 to {Number(MostIdBytes)}: give a shorter one");
    }

    public SearchItem ToItem() => new()
    {
        Id = Id,
        Kind = Kind,
        Name = Name,
        Path = Path,
        Text = Text,
        Attributes = Attributes,
        Vector = UnitVector.ToSingle(Vector),
    };

    private static ItemRecord Check(SearchItem item, int at, int width)
    {
        CheckId(item.Id, $"the id of item {Number(at)}");
        string what = $"item '{Shown(item.Id)}'";
        if (item.Vector.Length != width)
            throw new InputException($"{what} has {item.Vector.Length} values, the index has {width}; encode it with the index's model");
        if (!Enum.IsDefined(item.Kind)) throw new InputException($"{what} is of no known kind ({(int)item.Kind}); give Image or Text");
        var attributes = item.Attributes ?? throw new ArgumentException($"Add: the attributes of {what} are null.", nameof(item));
        if (attributes.Count > MostAttributes)
            throw new InputException($"{what} has {attributes.Count} attributes; expected at most {MostAttributes}: leave some out");
        long bytes = Bytes(item.Name, $"the name of {what}") + Bytes(item.Path, $"the path of {what}")
            + Bytes(item.Text, $"the text of {what}");
        foreach (var (name, value) in attributes)
        {
            int length = Bytes(name, $"an attribute's name of {what}");
            if (length is 0 or > MostNameBytes)
                throw new InputException($"an attribute's name of {what} has {Number(length)} bytes; expected 1 to {MostNameBytes}");
            bytes += length + Bytes(value.Text, $"attribute '{name}' of {what}");
        }

        if (bytes > MostBytes)
            throw new InputException($"{what} has {Number(bytes)} bytes of texts; expected at most {Number(MostBytes)}: shorten them");
        return new ItemRecord(item.Id, item.Kind, item.Name, item.Path, item.Text,
            new Dictionary<string, AttributeValue>(attributes, StringComparer.Ordinal), UnitVector.OfItem(item.Vector.Span, what));
    }

    /// <summary>Bytes of UTF-8 of a text that every store can keep.</summary>
    internal static int Bytes(string? text, string what)
    {
        if (text is null) return 0;
        if (text.Contains('\0')) throw new InputException($"{what} holds a NUL character, which stores cannot keep; take it out");
        try
        {
            return Strict.GetByteCount(text);
        }
        catch (EncoderFallbackException failure)
        {
            throw new InputException($"{what} holds half a surrogate pair, which is no text; take it out", failure);
        }
    }

    private static string Shown(string id) => id.Length <= 60 ? id : $"{id.AsSpan(0, 60)}…";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
