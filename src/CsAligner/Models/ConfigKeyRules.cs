using System.Collections.Frozen;
using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Models;

/// <summary>
/// The settings that a file of another program may hold: those that are read here, those that change nothing that is computed here,
/// and those that must be off. Any other is an error, because ignoring it could silently change every result.
/// </summary>
/// <param name="read">Keys that the reader obeys.</param>
/// <param name="harmless">Keys that may have any value.</param>
/// <param name="off">Keys that may be false, null or empty.</param>
internal sealed class ConfigKeyRules(IEnumerable<string> read, IEnumerable<string> harmless, IEnumerable<string> off)
{
    private const int LongestShown = 60;

    private readonly FrozenSet<string> _any = [.. read, .. harmless];
    private readonly FrozenSet<string> _off = [.. off];

    /// <summary>Whether a switch that is not known is off where it is false: the way of files that name everything they have.</summary>
    public bool FalseIsOff { get; init; }

    /// <summary>Looks through the settings.</summary>
    /// <param name="settings">The object that holds them.</param>
    /// <param name="file">What errors call the file.</param>
    /// <param name="section">The object's place in the file; empty for the whole.</param>
    /// <exception cref="InputException">One is not known and not off.</exception>
    public void Check(JsonElement settings, string file, string section = "")
    {
        foreach (var setting in settings.EnumerateObject())
        {
            if (_any.Contains(setting.Name) || IsOff(setting.Value, FalseIsOff || _off.Contains(setting.Name))) continue;
            string name = section.Length == 0 ? setting.Name : $"{section}.{setting.Name}";
            throw new InputException(
                $"{file}: \"{name}\" is {Shown(setting.Value)}, a setting that is not supported and could change the result; "
                + "use a model without it, or remove the key if it does not matter");
        }
    }

    /// <summary>A value as errors show it.</summary>
    public static string Shown(JsonElement value)
    {
        string text = value.GetRawText().ReplaceLineEndings(" ");
        return text.Length > LongestShown ? text[..LongestShown] + "…" : text;
    }

    private static bool IsOff(JsonElement value, bool orFalse) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.False => orFalse,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };
}
