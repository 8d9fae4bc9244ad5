using System.Globalization;
using System.Text.Json;
using CsAligner.Tensors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace CsAligner.Server.Requests;

/// <summary>
/// The fields of a request, wherever they stand: in the query, in a JSON object, or in a form with files. All say the same by the same
/// names.
/// </summary>
internal sealed class RequestFields
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 80 };

    // The one list that is one value, not several.
    private const string WholeList = "vector";

    private readonly Dictionary<string, JsonElement[]> _json = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> _texts = new(StringComparer.Ordinal);

    private RequestFields()
    {
    }

    /// <summary>Pictures that came with the request.</summary>
    public List<byte[]> Pictures { get; } = [];

    /// <summary>Reads the fields of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="known">The names that are known; others are refused, so that a misspelt one is not silently left out.</param>
    /// <param name="mostPictureBytes">The most bytes of a picture.</param>
    /// <param name="mostPictures">The most pictures.</param>
    /// <exception cref="RequestException">It cannot be read.</exception>
    public static async Task<RequestFields> ReadAsync(HttpContext context, IReadOnlyCollection<string> known, int mostPictureBytes,
        int mostPictures = 4)
    {
        var fields = new RequestFields();
        HttpRequest request = context.Request;
        foreach (var (name, values) in request.Query) fields.AddTexts(name, values, known);
        if (HttpMethods.IsGet(request.Method)) return fields;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type))
            throw Unread("it has no content type; send application/json or multipart/form-data", StatusCodes.Status415UnsupportedMediaType);
        if (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            using JsonDocument document = await ReadJsonAsync(context);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Unread("expected a JSON object");
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                RequireKnown(NameOf(property), known);
                JsonElement value = property.Value.Clone();
                if (value.ValueKind == JsonValueKind.Null) continue;
                if (fields._texts.ContainsKey(property.Name)) throw Unread($"'{property.Name}' stands in the address and in the body");
                if (property.Name == "image") fields.AddPictures(value, mostPictureBytes, mostPictures);
                else fields._json[property.Name] = value.ValueKind == JsonValueKind.Array
                    && property.Name != WholeList ? [.. value.EnumerateArray()] : [value];
            }
        }
        else if (type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            await fields.ReadFormAsync(context, known, mostPictureBytes, mostPictures);
        }
        else
        {
            throw Unread("its content type is not read here; send application/json or multipart/form-data",
                StatusCodes.Status415UnsupportedMediaType);
        }

        return fields;
    }

    /// <summary>Reads a body as JSON.</summary>
    /// <exception cref="RequestException">It is none, or does not say that it is.</exception>
    public static async Task<JsonDocument> ReadJsonAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
            throw Unread("its content type is not read here; send application/json or multipart/form-data",
                StatusCodes.Status415UnsupportedMediaType);
        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, Options, context.RequestAborted);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // The second: a name that holds half a surrogate pair.
            throw Unread($"it is not JSON: {failure.Message}", inner: failure);
        }
    }

    public static RequestException Unread(string why, int status = StatusCodes.Status400BadRequest, Exception? inner = null) =>
        new(status, $"the request cannot be read: {why}", inner);

    /// <summary>A picture that has too many bytes.</summary>
    public static RequestException TooLarge(long bytes, int most) => new(StatusCodes.Status413PayloadTooLarge,
        $"a picture has {bytes} bytes; at most {most} are taken: make it smaller");

    /// <summary>A list of finite numbers.</summary>
    public static float[] Vector(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Array) throw Unread($"'{name}': expected a list of numbers");
        var numbers = new float[value.GetArrayLength()];
        int next = 0;
        foreach (JsonElement each in value.EnumerateArray())
        {
            if (each.ValueKind != JsonValueKind.Number || !each.TryGetSingle(out numbers[next]) || !float.IsFinite(numbers[next++]))
                throw Unread($"'{name}': expected finite numbers");
        }

        return numbers;
    }

    /// <summary>All texts of a name, in their order; none if it is left out.</summary>
    public string[] Texts(string name) => _texts.TryGetValue(name, out string[]? texts) ? texts
        : _json.TryGetValue(name, out JsonElement[]? values) ? [.. values.Select(value => Text(name, value))]
        : [];

    /// <summary>The one text of a name; null if it is left out.</summary>
    public string? One(string name) => Texts(name) switch
    {
        [] => null,
        [var text] => text,
        var texts => throw Unread($"'{name}' is given {texts.Length} times; give it once"),
    };

    /// <summary>A whole number.</summary>
    public int Number(string name, int fallback, int least, int most)
    {
        if (_json.TryGetValue(name, out JsonElement[]? json))
        {
            return json is [{ ValueKind: JsonValueKind.Number } value] && value.TryGetInt32(out int found) && found >= least
                && found <= most
                ? found
                : throw Wrong();
        }

        if (One(name) is not { } text) return fallback;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least
            && number <= most ? number : throw Wrong();

        RequestException Wrong() => Unread($"'{name}': expected a whole number from {least} to {most}");
    }

    /// <summary>Yes or no; no if it is left out.</summary>
    public bool Flag(string name)
    {
        if (_json.TryGetValue(name, out JsonElement[]? json) && json is [{ ValueKind: JsonValueKind.True or JsonValueKind.False } value])
            return value.GetBoolean();
        return One(name) switch
        {
            null or "false" => false,
            "true" => true,
            _ => throw Unread($"'{name}': expected true or false"),
        };
    }

    /// <summary>One of a few words; null if it is left out.</summary>
    public string? Choice(string name, params ReadOnlySpan<string> words)
    {
        string? text = One(name);
        return text is null || words.Contains(text) ? text : throw Unread($"'{name}': expected {string.Join(", ", words.ToArray())}");
    }

    /// <summary>A JSON value, or text that holds one; null if it is left out.</summary>
    public JsonElement? Json(string name)
    {
        if (_json.TryGetValue(name, out JsonElement[]? json)) return json is [var one] ? one
            : throw Unread($"'{name}': expected one object");
        if (One(name) is not { } text) return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, Options);
            return document.RootElement.Clone();
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw Unread($"'{name}' is not JSON: {failure.Message}", inner: failure);
        }
    }

    /// <summary>A number in JSON or as text; null if it is left out.</summary>
    public string? NumberOrWord(string name) =>
        _json.TryGetValue(name, out JsonElement[]? json)
            && json is [{ ValueKind: JsonValueKind.Number } value] ? value.GetRawText() : One(name);

    /// <summary>The name of a field in JSON.</summary>
    /// <exception cref="RequestException">It holds half a surrogate pair, or bytes that are no text.</exception>
    public static string NameOf(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException failure)
        {
            throw Unread($"the name of a field is no text: {failure.Message}", inner: failure);
        }
    }

    /// <summary>A file in base64; null if it is none.</summary>
    public static byte[]? FileOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out byte[]? file) ? file : null;
        }
        catch (InvalidOperationException)
        {
            // It holds half a surrogate pair.
            return null;
        }
    }

    private static string Text(string name, JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()!
                : throw Unread($"'{name}': expected a text or a list of texts");
        }
        catch (InvalidOperationException failure)
        {
            throw Unread($"'{name}' is no text: {failure.Message}", inner: failure);
        }
    }

    private static void RequireKnown(string name, IReadOnlyCollection<string> known)
    {
        if (!known.Contains(name))
            throw Unread($"there is no field '{Short(name)}'{Suggestion.End(Short(name), known)}");
    }

    /// <summary>The beginning of a name, for errors.</summary>
    public static string Short(string name) => name.Length > 40 ? name[..40] + "…" : name;

    private void AddTexts(string name, StringValues values, IReadOnlyCollection<string> known)
    {
        RequireKnown(name, known);
        if (name == "image") throw Unread("a picture does not go into the address; send it as a file of multipart/form-data");
        _texts[name] = _texts.TryGetValue(name, out string[]? before) ? [.. before, .. values.Select(value => value ?? "")]
            : [.. values.Select(value => value ?? "")];
    }

    private void AddPictures(JsonElement value, int mostBytes, int most)
    {
        foreach (JsonElement each in value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : (JsonElement[])[value])
        {
            AddPicture(FileOf(each) ?? throw Unread("'image': expected a picture's file in base64, or a list of them"), mostBytes, most);
        }
    }

    private void AddPicture(byte[] file, int mostBytes, int most)
    {
        if (file.Length > mostBytes)
            throw TooLarge(file.Length, mostBytes);
        if (file.Length == 0) throw Unread("a picture is empty");
        if (Pictures.Count == most) throw Unread($"it has more than {most} pictures");
        Pictures.Add(file);
    }

    private async Task ReadFormAsync(HttpContext context, IReadOnlyCollection<string> known, int mostPictureBytes, int mostPictures)
    {
        IFormCollection form;
        try
        {
            form = await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw Unread($"its form is damaged: {failure.Message}", inner: failure);
        }

        foreach (var (name, values) in form) AddTexts(name, values, known);
        foreach (IFormFile file in form.Files)
        {
            if (file.Name != "image") throw Unread($"'{Short(file.Name)}' is a file; only 'image' may be one");
            if (file.Length > mostPictureBytes)
                throw TooLarge(file.Length, mostPictureBytes);
            var bytes = new byte[file.Length];
            await using Stream stream = file.OpenReadStream();
            await stream.ReadExactlyAsync(bytes, context.RequestAborted);
            AddPicture(bytes, mostPictureBytes, mostPictures);
        }
    }
}
