using System.Text.Json;

namespace CsAligner.Studies.Sweeps;

/// <summary>One option of a grid and its values.</summary>
internal sealed record SweepAxis(string Key, IReadOnlyList<JsonElement> Values)
{
    /// <summary>A value as tables show it.</summary>
    public static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
