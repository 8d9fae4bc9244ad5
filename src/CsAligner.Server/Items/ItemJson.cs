using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Server.Pictures;

namespace CsAligner.Server.Items;

/// <summary>Items as answers show them.</summary>
internal sealed class ItemJson(PictureStore pictures)
{
    public const string Image = "image", Text = "text";

    public static string NameOf(RowKind kind) => kind == RowKind.Image ? Image : Text;

    /// <summary>Writes an item, with its score where it was found.</summary>
    public void Write(Utf8JsonWriter writer, SearchItem item, float? score = null)
    {
        writer.WriteStartObject();
        writer.WriteString("id", item.Id);
        writer.WriteString("kind", NameOf(item.Kind));
        if (score is { } cosine) writer.WriteNumber("score", cosine);
        writer.WriteString("name", item.Name);
        writer.WriteString("text", item.Text);
        writer.WriteString("path", PictureStore.IsUploaded(item.Path) ? null : item.Path);
        writer.WritePropertyName("attributes");
        AttributeJson.Write(writer, item.Attributes);
        writer.WriteString("picture", PictureAddress(item));
        writer.WriteEndObject();
    }

    /// <summary>Where an item's picture is had; null if it has none.</summary>
    public string? PictureAddress(SearchItem item) => item.Kind == RowKind.Image && pictures.MayShow(item.Path)
        ? $"/v1/items/{Uri.EscapeDataString(item.Id)}/picture"
        : null;
}
