using System.Text.Json;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Pretraining;

/// <summary>The kind of model that a recipe trains: its "kind". Recipes without one train a CLIP.</summary>
internal static class RecipeKind
{
    /// <summary>
    /// The kind, or null if the file says none; a file that cannot be read is left for the recipe's own reader to refuse.
    /// </summary>
    public static string? Of(string path)
    {
        try
        {
            using var document = LenientJson.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("kind", out var kind)
                && kind.ValueKind == JsonValueKind.String
                ? kind.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }
}
