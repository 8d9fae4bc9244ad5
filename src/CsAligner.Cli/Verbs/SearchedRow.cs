using System.Text.Json.Nodes;

namespace CsAligner.Cli.Verbs;

/// <summary>What metadata say of a row.</summary>
/// <param name="Name">Its caption; null if there is none.</param>
/// <param name="Path">Its picture, or the picture that the text belongs to; null if there is none.</param>
/// <param name="Metadata">All of it; for a text, that of its picture.</param>
internal sealed record SearchedRow(string? Name, string? Path, JsonObject Metadata)
{
    /// <summary>What to call it in a sentence or table.</summary>
    public string Title => Name ?? Path ?? "";
}
