using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CsAligner.Tensors.Formats;

/// <summary>Reads JSON that people write, such as recipes, and says in their words what is wrong:
/// never in those of the serializer.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads an object whose keys must be known and whose required keys must be there.</summary>
    /// <param name="path">The file, for messages and reading.</param>
    /// <param name="type">The type to read.</param>
    /// <exception cref="InputException">It is not JSON, or a key or value is not what was expected.</exception>
    public static T Read<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            ReadOnlyMemory<byte> bytes = LenientJson.ToPlain(File.ReadAllBytes(path));
            using (var document = LenientJson.Parse(bytes, Strict)) Check(path, document.RootElement, type, "");
            return JsonSerializer.Deserialize(bytes.Span, type)
                ?? throw new InputException($"{path}: expected a JSON object, got null");
        }
        catch (JsonException failure)
        {
            throw new InputException($"{path}: {Describe(failure)}", failure);
        }
        catch (InvalidOperationException failure)
        {
            // Names and texts are decoded when they are asked for.
            throw new InputException($"{path}: it is not JSON: a string is not valid Unicode", failure);
        }
    }

    /// <summary>The message of a parser failure, without its place in the program.</summary>
    /// <param name="failure">Of a document that is not JSON.</param>
    public static string Describe(JsonException failure)
    {
        string message = failure.Message.ReplaceLineEndings(" ");
        foreach (string end in (ReadOnlySpan<string>)[" Path: ", " LineNumber: "])
            if (message.IndexOf(end, StringComparison.Ordinal) is >= 0 and var at) message = message[..at];
        string place = failure.LineNumber is { } line ? $" (line {line + 1}, byte {(failure.BytePositionInLine ?? 0) + 1})" : "";
        return $"it is not JSON: {message.TrimEnd('.')}{place}";
    }

    /// <summary>The name of a kind of value for people.</summary>
    /// <param name="value">Any value.</param>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.Null => "null",
        _ => value.GetRawText() is { Length: <= 40 } text ? text : value.GetRawText()[..40] + "…",
    };

    private static void Check(string path, JsonElement value, JsonTypeInfo type, string within)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new InputException(
                $"{path}: {(within.Length == 0 ? "" : $"\"{within[..^1]}\": ")}expected an object, got {Describe(value)}");
        foreach (JsonProperty given in value.EnumerateObject())
        {
            JsonPropertyInfo? known = type.Properties.FirstOrDefault(property => property.Name == given.Name);
            if (known is null)
            {
                string[] names = [.. type.Properties.Select(property => property.Name)];
                throw new InputException(
                    $"{path}: unknown key \"{within}{given.Name}\"; known "
                        + $"are {string.Join(", ", names)}{Suggestion.End(given.Name, names)}");
            }

            CheckValue(path, given.Value, known, type, within + known.Name);
        }

        foreach (JsonPropertyInfo known in type.Properties)
            if (known.IsRequired && !value.TryGetProperty(known.Name, out _))
                throw new InputException($"{path}: \"{within}{known.Name}\" is missing");
    }

    private static void CheckValue(string path, JsonElement value, JsonPropertyInfo known, JsonTypeInfo type, string key)
    {
        Type wanted = Nullable.GetUnderlyingType(known.PropertyType) ?? known.PropertyType;
        bool isNull = value.ValueKind == JsonValueKind.Null;
        // Omitted on purpose, or, for strings, left to the reader to judge.
        if (isNull && (wanted != known.PropertyType || !wanted.IsValueType)) return;
        (bool fits, string expected) = Type.GetTypeCode(wanted) switch
        {
            TypeCode.Int32 =>
                (LenientJson.TryGetWhole(value, out long whole) && whole is >= int.MinValue and <= int.MaxValue,
                    $"a whole number of at most {int.MaxValue}"),
            TypeCode.Int64 => (LenientJson.TryGetWhole(value, out _), "a whole number"),
            TypeCode.UInt64 => (IsUnsigned(value), "a whole number of at least 0"),
            TypeCode.Double or TypeCode.Single => (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out _), "a number"),
            TypeCode.Boolean => (value.ValueKind is JsonValueKind.True or JsonValueKind.False, "true or false"),
            TypeCode.String => (value.ValueKind == JsonValueKind.String, "a text"),
            _ => (!isNull, "an object"),
        };
        if (!fits) throw new InputException($"{path}: \"{key}\": expected {expected}, got {Describe(value)}");
        if (wanted != known.PropertyType || Type.GetTypeCode(wanted) != TypeCode.Object) return;
        JsonTypeInfo inner = type.Options.GetTypeInfo(wanted);
        if (inner.Kind == JsonTypeInfoKind.Object) Check(path, value, inner, key + ".");
    }

    private static bool IsUnsigned(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number
            && (value.TryGetUInt64(out _) || (LenientJson.TryGetWhole(value, out long whole) && whole >= 0));
}
