using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Onnx.Unclip.Settings;

/// <summary>The fields of a JSON object; every error names the file and the field.</summary>
internal sealed class JsonFields
{
    private readonly string _path;
    private readonly JsonElement _element;

    private JsonFields(string path, JsonElement element) => (_path, _element) = (path, element);

    /// <summary>The names of the fields.</summary>
    public IEnumerable<string> Names => _element.EnumerateObject().Select(entry => entry.Name);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It cannot be read or holds no JSON object.</exception>
    public static JsonFields Read(string path)
    {
        try
        {
            using var document = LenientJson.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InputException($"{path}: expected a JSON object; export the decoder again");
            return new JsonFields(path, document.RootElement.Clone());
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new InputException($"{path}: not valid JSON; export the decoder again", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    /// <summary>A field that is an object; null if it is missing or null.</summary>
    public JsonFields? Object(string name)
    {
        if (Find(name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Object ? new JsonFields(_path, value) : throw Wrong(name, "an object");
    }

    /// <summary>A field that is a text; null if it is missing or null.</summary>
    public string? Text(string name)
    {
        if (Find(name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, "a string");
    }

    /// <summary>A field that must be a text.</summary>
    public string NeedText(string name) => Text(name) ?? throw Wrong(name, "a string");

    /// <summary>A number within bounds; the default if it is missing or null.</summary>
    public double Number(string name, double otherwise, double least, double most)
    {
        if (Find(name) is not { } value) return otherwise;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= least && number <= most
            ? number
            : throw Wrong(name, FormattableString.Invariant($"a number from {least} to {most}"));
    }

    /// <summary>A whole number within bounds; the default if it is missing or null, or an error where there is no default.</summary>
    public int Whole(string name, int? otherwise, int least, int most)
    {
        string expected = FormattableString.Invariant($"a whole number from {least} to {most}");
        if (Find(name) is not { } value) return otherwise ?? throw Wrong(name, expected);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most
            ? number
            : throw Wrong(name, expected);
    }

    /// <summary>A truth value; the default if it is missing or null.</summary>
    public bool Flag(string name, bool otherwise)
    {
        if (Find(name) is not { } value) return otherwise;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "true or false");
    }

    /// <summary>Whether a field is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>The error of a field.</summary>
    public InputException Wrong(string name, string expected) =>
        new($"{_path}: {name} is {Find(name)?.GetRawText() ?? "missing"}, expected {expected}; export the decoder again");

    private JsonElement? Find(string name) =>
        _element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
