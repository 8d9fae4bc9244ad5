using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>A value of a JSON file that knows where it stands, so that an error can say so.</summary>
internal readonly struct JsonView(JsonElement element, string path, string file)
{
    private const int LongestShown = 40;

    public string Path => path;

    public JsonValueKind Kind => element.ValueKind;

    /// <summary>A member, or null if it is missing or null.</summary>
    public JsonView? Optional(string name)
    {
        Require(JsonValueKind.Object, "an object");
        return element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? new JsonView(value, Join(name), file)
            : null;
    }

    public JsonView Required(string name) => Optional(name) ?? throw Malformed($"{name} is missing");

    public IEnumerable<(string Name, JsonView Value)> Members()
    {
        Require(JsonValueKind.Object, "an object");
        string where = path, name = file;
        return element.EnumerateObject().Select(member => (member.Name, new JsonView(member.Value, where, name)));
    }

    public IEnumerable<JsonView> Items()
    {
        Require(JsonValueKind.Array, "an array");
        string where = path, name = file;
        return element.EnumerateArray().Select((item, i) => new JsonView(item, $"{where}[{i}]", name));
    }

    /// <summary>Refuses members with other names, unless they are null or, for a switch, false.</summary>
    public void Allow(params ReadOnlySpan<string> names)
    {
        Require(JsonValueKind.Object, "an object");
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (!names.Contains(member.Name) && member.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
                throw Unknown("setting", member.Name);
        }
    }

    public string Text()
    {
        Require(JsonValueKind.String, "a text");
        return element.GetString()!;
    }

    public double Number()
    {
        Require(JsonValueKind.Number, "a number");
        return element.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Malformed($"{JsonView.Shown(element.GetRawText())} is not a finite number");
    }

    /// <summary>A whole number from 0 to 2^24 - 1.</summary>
    public int Id()
    {
        Require(JsonValueKind.Number, "a whole number");
        return element.TryGetInt32(out int id) && id is >= 0 and < Vocabulary.MostIds
            ? id
            : throw Malformed($"{Shown(element.GetRawText())} is not a whole number from 0 to {Vocabulary.MostIds - 1}");
    }

    public bool Flag(string name, bool otherwise) => Optional(name) switch
    {
        null => otherwise,
        { Kind: JsonValueKind.True } => true,
        { Kind: JsonValueKind.False } => false,
        { } value => throw value.Malformed("expected true or false"),
    };

    public string Text(string name, string otherwise) => Optional(name)?.Text() ?? otherwise;

    /// <summary>A member that is exactly one character.</summary>
    public char Character(string name)
    {
        JsonView value = Required(name);
        return value.Text() is [var character] && !char.IsSurrogate(character)
            ? character
            : throw value.Malformed("expected one character");
    }

    public InputException Malformed(string what, Exception? cause = null) =>
        Malformed(file, path.Length == 0 ? what : $"{path}: {what}", cause);

    public static InputException Malformed(string file, string what, Exception? cause = null) =>
        new($"reading the tokenizer: {file}: {what}; get the file again, or write it with Hugging Face's tokenizers.", cause);

    /// <summary>The error for an unsupported feature, with its name in the file.</summary>
    public InputException Unknown(string kind, string name) =>
        new(
            $"reading the tokenizer: {file}: {(path.Length == 0 ? "" : path + ": ")}the {kind} {Shown(name)} is not supported; use a "
            + "model whose tokenizer does not need it.");

    /// <summary>A token in quotes, cut short, without characters that would disturb a terminal.</summary>
    public static string Shown(string token)
    {
        string cut = token.Length > LongestShown ? token[..LongestShown] + "…" : token;
        return "'" + string.Concat(cut.Select(character => char.IsControl(character) || char.IsSurrogate(character) ? '?' : character))
            + "'";
    }

    private void Require(JsonValueKind kind, string expected)
    {
        if (element.ValueKind != kind)
            throw Malformed($"expected {expected}, got {Named(element.ValueKind)}");
    }

    private static string Named(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private string Join(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
