using System.Text.Json;
using CsAligner.Search.Items;
using CsAligner.Tensors;

namespace CsAligner.Search.Filters;

/// <summary>
/// Filters as JSON. A condition is <c>{"attribute": "year", "gte": 2020, "lt": 2024}</c> with <c>gte gt lte lt</c>,
/// <c>{"attribute": "colour", "equals": "red"}</c> or <c>{"attribute": "colour", "in": ["red", "blue"]}</c>; conditions are joined by
/// <c>{"all": […]}</c>, <c>{"any": […]}</c> and <c>{"not": …}</c>.
/// </summary>
public static class FilterJson
{
    private const string Expected = "expected an object with all, any, not, or attribute and one of equals, in, gte, gt, lte, lt";

    private static readonly JsonDocumentOptions Options = new()
    {
        MaxDepth = (2 * ItemFilter.MostDepth) + 8,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads a filter.</summary>
    /// <exception cref="InputException">It is no filter; the message says what was expected.</exception>
    public static ItemFilter Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Options);
            return Read(document.RootElement);
        }
        catch (JsonException failure)
        {
            throw new InputException($"filter: not JSON that can be read: {failure.Message}", failure);
        }
    }

    /// <summary>Reads a filter that is part of a larger document.</summary>
    /// <exception cref="InputException">It is no filter; the message says what was expected.</exception>
    public static ItemFilter Read(JsonElement element)
    {
        try
        {
            ItemFilter filter = Read(element, 1);
            filter.RequireReasonable();
            return filter;
        }
        catch (InvalidOperationException failure)
        {
            // Half a surrogate pair, escaped.
            throw new InputException($"filter: a text that cannot be read: {failure.Message}", failure);
        }
    }

    private static ItemFilter Read(JsonElement element, int depth)
    {
        if (depth > ItemFilter.MostDepth) throw new InputException($"filter: nested more than {ItemFilter.MostDepth} deep");
        if (element.ValueKind != JsonValueKind.Object) throw new InputException($"filter: {Expected}, got {Kind(element)}");
        JsonProperty[] properties = [.. element.EnumerateObject()];
        if (properties.Length == 1)
        {
            JsonElement value = properties[0].Value;
            switch (properties[0].Name)
            {
                case "all": return new AllFilter(List(value, "all").Select(part => Read(part, depth + 1)));
                case "any": return new AnyFilter(List(value, "any").Select(part => Read(part, depth + 1)));
                case "not": return new NotFilter(Read(value, depth + 1));
            }
        }

        if (!element.TryGetProperty("attribute", out JsonElement attribute) || attribute.ValueKind != JsonValueKind.String)
            throw new InputException($"filter: {Expected}, got {Names(properties)}");
        return Condition(attribute.GetString()!, [.. properties.Where(property => property.Name != "attribute")]);
    }

    private static ItemFilter Condition(string attribute, JsonProperty[] properties)
    {
        if (properties is [{ Name: "equals" } equals]) return new OneOfFilter(attribute, [Value(equals.Value, attribute)]);
        if (properties is [{ Name: "in" } among])
            return new OneOfFilter(attribute, List(among.Value, "in").Select(each => Value(each, attribute)));
        double? least = null, above = null, most = null, below = null;
        foreach (JsonProperty property in properties)
        {
            switch (property.Name)
            {
                case "gte": least = Number(property); break;
                case "gt": above = Number(property); break;
                case "lte": most = Number(property); break;
                case "lt": below = Number(property); break;
                default: throw new InputException($"filter of '{attribute}': {Expected}, got {Names(properties)}");
            }
        }

        if (properties.Length == 0) throw new InputException($"filter of '{attribute}': {Expected}, got nothing beside it");
        return new RangeFilter(attribute) { AtLeast = least, Above = above, AtMost = most, Below = below };
    }

    private static JsonElement[] List(JsonElement element, string name) => element.ValueKind != JsonValueKind.Array
        ? throw new InputException($"filter: expected a list for {name}, got {Kind(element)}")
        : element.GetArrayLength() > ItemFilter.MostParts
        ? throw new InputException($"filter: {element.GetArrayLength()} entries in a list; expected at most {ItemFilter.MostParts}")
        : [.. element.EnumerateArray()];

    private static AttributeValue Value(JsonElement element, string attribute) => element.ValueKind switch
    {
        JsonValueKind.String => AttributeValue.Of(element.GetString()!),
        JsonValueKind.Number when double.IsFinite(element.GetDouble()) => AttributeValue.Of(element.GetDouble()),
        JsonValueKind.Number => throw new InputException($"filter of '{attribute}': expected a finite number"),
        _ => throw new InputException($"filter of '{attribute}': expected a text or a number, got {Kind(element)}"),
    };

    private static double Number(JsonProperty property) => property.Value.ValueKind == JsonValueKind.Number
        ? property.Value.GetDouble()
        : throw new InputException($"filter: expected a number for {property.Name}, got {Kind(property.Value)}");

    private static string Names(JsonProperty[] properties) =>
        properties.Length == 0 ? "an empty object" : string.Join(", ", properties.Take(8).Select(property => property.Name));

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
