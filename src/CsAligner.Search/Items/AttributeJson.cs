using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CsAligner.Search.Items;

/// <summary>Attributes as a JSON object of texts and numbers.</summary>
internal static class AttributeJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(IReadOnlyDictionary<string, AttributeValue> attributes)
    {
        if (attributes.Count == 0) return "{}";
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Options)) Write(writer, attributes);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    public static void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, AttributeValue> attributes)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in attributes)
        {
            if (value.IsText) writer.WriteString(name, value.Text);
            else writer.WriteNumber(name, value.Number);
        }

        writer.WriteEndObject();
    }

    /// <exception cref="JsonException">It is none of ours.</exception>
    public static IReadOnlyDictionary<string, AttributeValue> Read(string json)
    {
        if (json == "{}") return System.Collections.ObjectModel.ReadOnlyDictionary<string, AttributeValue>.Empty;
        using JsonDocument document = JsonDocument.Parse(json);
        return Read(document.RootElement);
    }

    /// <exception cref="JsonException">It is none of ours.</exception>
    public static IReadOnlyDictionary<string, AttributeValue> Read(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new JsonException("attributes: expected an object");
        var attributes = new Dictionary<string, AttributeValue>(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            attributes[property.Name] = property.Value.ValueKind switch
            {
                JsonValueKind.String => AttributeValue.Of(property.Value.GetString()!),
                JsonValueKind.Number => AttributeValue.Of(property.Value.GetDouble()),
                _ => throw new JsonException($"attribute '{property.Name}': expected a text or a number"),
            };
        }

        return attributes;
    }
}
