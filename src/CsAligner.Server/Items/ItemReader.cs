using System.Globalization;
using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Server.Encoding;
using CsAligner.Server.Pictures;
using CsAligner.Server.Requests;
using CsAligner.Tensors;

namespace CsAligner.Server.Items;

/// <summary>Makes items of what a request holds, pictures and texts embedded.</summary>
internal sealed class ItemReader(QueryEncoder encoder, PictureStore pictures)
{
    private static readonly string[] Known = ["id", "kind", "text", "image", "vector", "name", "path", "attributes"];

    /// <summary>Reads an item from JSON.</summary>
    /// <param name="value">An object.</param>
    /// <param name="id">Its id, where the address says it; null takes its own, or a new one.</param>
    /// <param name="mostPictureBytes">The most bytes of its picture.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task<NewItem> ReadAsync(JsonElement value, string? id, int mostPictureBytes, CancellationToken cancellation)
    {
        if (value.ValueKind != JsonValueKind.Object) throw RequestFields.Unread("an item: expected an object");
        byte[]? file = null;
        ReadOnlyMemory<float>? vector = null;
        string? ownId = null, kind = null, text = null, name = null, path = null;
        JsonElement? attributes = null;
        foreach (JsonProperty field in value.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null) continue;
            string fieldName = RequestFields.NameOf(field);
            switch (fieldName)
            {
                case "id": ownId = Text(field); break;
                case "kind": kind = Text(field); break;
                case "text": text = Text(field); break;
                case "name": name = Text(field); break;
                case "path": path = Text(field); break;
                case "attributes": attributes = field.Value; break;
                case "vector": vector = RequestFields.Vector(field.Value, "vector"); break;
                case "image":
                    file = RequestFields.FileOf(field.Value)
                        ?? throw RequestFields.Unread("an item's 'image': expected a picture's file in base64");
                    break;
                default:
                    string known = Suggestion.End(RequestFields.Short(fieldName), Known);
                    throw RequestFields.Unread($"an item has no field '{RequestFields.Short(fieldName)}'{known}");
            }
        }

        if (file?.Length > mostPictureBytes) throw RequestFields.TooLarge(file.Length, mostPictureBytes);
        if (id is not null && ownId is not null && id != ownId) throw RequestFields.Unread("the item's id is not that of the address");
        return MakeAsync(id ?? ownId, kind, text, name, path, file, vector, attributes, cancellation);
    }

    /// <summary>Reads an item from a form with one picture.</summary>
    public Task<NewItem> ReadAsync(RequestFields form, string? id, CancellationToken cancellation) => MakeAsync(
        id ?? form.One("id"), ItemJson.Image, null, form.One("name"), null,
        form.Pictures is [var one] ? one : throw RequestFields.Unread("expected one picture, as the file 'image'"), null,
        form.Json("attributes"), cancellation);

    private async Task<NewItem> MakeAsync(string? id, string? kindName, string? text, string? name, string? path, byte[]? file,
        ReadOnlyMemory<float>? vector, JsonElement? attributes, CancellationToken cancellation)
    {
        RowKind kind = kindName switch
        {
            ItemJson.Image => RowKind.Image,
            ItemJson.Text => RowKind.Text,
            null => file is not null || path is not null ? RowKind.Image : RowKind.Text,
            _ => throw RequestFields.Unread($"an item's 'kind': expected {ItemJson.Image} or {ItemJson.Text}"),
        };
        if (PictureStore.IsUploaded(path)) throw RequestFields.Unread("an item's 'path': this one is not yours to give; send the picture");
        if (kind == RowKind.Text && file is not null) throw RequestFields.Unread("an item of kind 'text' takes no image");
        if (id is "." or "..") throw RequestFields.Unread($"an item's 'id': '{id}' cannot stand in an address");
        id ??= Guid.CreateVersion7().ToString("N", CultureInfo.InvariantCulture);
        IReadOnlyDictionary<string, AttributeValue> read = attributes is { } given
            ? Attributes(given)
            : System.Collections.ObjectModel.ReadOnlyDictionary<string, AttributeValue>.Empty;
        float[] row;
        if (vector is { } own)
        {
            if (own.Length != encoder.Width)
                throw RequestFields.Unread($"an item's 'vector': expected {encoder.Width} numbers, got {own.Length}");
            if (file is not null) await encoder.PictureAsync(file, cancellation);
            row = own.ToArray();
        }
        else if (kind == RowKind.Text)
        {
            if (string.IsNullOrWhiteSpace(text)) throw RequestFields.Unread("an item of kind 'text' needs a 'text', or a 'vector'");
            row = await encoder.WordsAsync(text, cancellation);
        }
        else
        {
            byte[] shown = file ?? (pictures.Find(path) is { } found ? pictures.Read(found)
                : throw RequestFields.Unread(path is null
                    ? "an item of kind 'image' needs an 'image', a 'path' or a 'vector'"
                    : "an item's 'path': there is no such picture in the service's folders"));
            row = await encoder.PictureAsync(shown, cancellation);
        }

        string? upload = file is null ? null : pictures.PathOfUpload(id, file);
        var item = new SearchItem
        {
            Id = id,
            Kind = kind,
            Vector = row,
            Name = name,
            Text = text,
            Path = file is null ? path : upload,
            Attributes = read,
        };
        return new NewItem(item, upload is null ? null : file);
    }

    private static IReadOnlyDictionary<string, AttributeValue> Attributes(JsonElement value)
    {
        try
        {
            return AttributeJson.Read(value);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw RequestFields.Unread($"an item's {failure.Message}", inner: failure);
        }
    }

    private static string Text(JsonProperty field)
    {
        try
        {
            return field.Value.ValueKind == JsonValueKind.String
                ? field.Value.GetString()!
                : throw RequestFields.Unread($"'{RequestFields.Short(field.Name)}': expected a text");
        }
        catch (InvalidOperationException failure)
        {
            throw RequestFields.Unread($"'{RequestFields.Short(field.Name)}' is no text: {failure.Message}", inner: failure);
        }
    }
}
