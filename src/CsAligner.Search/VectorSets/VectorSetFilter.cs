using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Search.Filters;
using CsAligner.Search.Items;
using CsAligner.Search.Queries;

namespace CsAligner.Search.VectorSets;

/// <summary>
/// Attributes and filters for vector sets. Names and values are written in letters and digits alone, so nothing in them can end a text
/// of a filter, whatever rules a server has for that. A server takes a condition on an attribute that is not there for false as a whole,
/// not
/// and or included: what it is asked is only what every match must meet, and all is looked at again.
/// </summary>
internal static class VectorSetFilter
{
    private const int MostConditions = 16, MostValues = 64, LongestText = 48;

    /// <summary>The attributes of an item, as JSON.</summary>
    public static string Attributes(ItemRecord item)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteString("k", Kind(item.Kind));
            foreach (var (name, value) in item.Attributes)
            {
                string coded = Letters(name);
                writer.WriteString($"e{coded}", Value(value));
                if (!value.IsText) writer.WriteNumber($"n{coded}", value.Number);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>A condition that every match meets; null if there is none to ask.</summary>
    public static string? Condition(SearchQuery query)
    {
        var conditions = new List<string>();
        if (query.Find is { } kind) conditions.Add($".k == \"{Kind(kind)}\"");
        if (query.Filter is not null) Write(query.Filter, conditions);
        return conditions.Count == 0 ? null : string.Join(" and ", conditions.Take(MostConditions));
    }

    private static void Write(ItemFilter filter, List<string> conditions)
    {
        switch (filter)
        {
            case AllFilter all:
                foreach (ItemFilter part in all.Parts) Write(part, conditions);
                break;
            case OneOfFilter { Values.Count: 1 } one:
                conditions.Add($".e{Letters(one.Attribute)} == \"{Value(one.Values[0])}\"");
                break;
            case OneOfFilter { Values.Count: <= MostValues } some:
                conditions.Add($".e{Letters(some.Attribute)} in [{string.Join(", ", some.Values.Select(value => $"\"{Value(value)}\""))}]");
                break;
            case RangeFilter range:
                string name = Letters(range.Attribute);

                // A hair wider, for servers that read numbers less closely than we do.
                foreach (var (sign, bound) in range.Bounds.Where(each => Math.Abs(each.Bound) < 1e15))
                {
                    double wider = bound + ((sign[0] == '>' ? -1e-9 : 1e-9) * Math.Max(1, Math.Abs(bound)));
                    conditions.Add($".n{name} {sign[0]}= {wider.ToString("F12", CultureInfo.InvariantCulture)}");
                }

                break;
        }
    }

    private static string Kind(RowKind kind) => kind == RowKind.Image ? "image" : "text";

    private static string Value(AttributeValue value) => value.IsText
        ? "s" + Letters(value.Text!)
        : "n" + BitConverter.DoubleToInt64Bits(value.Number).ToString("x16", CultureInfo.InvariantCulture);

    // Short texts as they are, in hexadecimal; of long ones, a digest.
    private static string Letters(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= LongestText ? Convert.ToHexStringLower(bytes) : "x" + Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
