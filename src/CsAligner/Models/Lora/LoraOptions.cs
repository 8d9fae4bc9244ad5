using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Models.Lora;

/// <summary>Where a CLIP gets low-rank additions (LoRA, arXiv 2106.09685), and how large.</summary>
public sealed record LoraOptions
{
    internal const int LargestRank = 1024;

    /// <summary>The tower that gets them.</summary>
    public required ClipTower Tower { get; init; }

    /// <summary>r, 1 to 1024; the paper has 8.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>lora_alpha, above 0; the addition is scaled by lora_alpha / r.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>The linear layers of each block that get one; all six where none are named,
    /// as in the paper's count of parameters.</summary>
    public IReadOnlyList<string> Modules { get; init; } = KnownModules;

    /// <summary>The linear layers of a block.</summary>
    public static IReadOnlyList<string> KnownModules { get; } = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"];

    /// <summary>Reads <c>text:r=8,alpha=16,modules=q_proj+v_proj</c>; everything after the tower may be left out.</summary>
    /// <exception cref="InputException">The text is something else, or a module is not in a CLIP's blocks.</exception>
    public static LoraOptions Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string tower = colon < 0 ? text : text[..colon];
        var options = new LoraOptions
        {
            Tower = tower switch
            {
                "text" => ClipTower.Text,
                "image" => ClipTower.Image,
                _ => throw Wrong(text, $"the tower is text or image, not '{tower}'{Suggestion.End(tower, ["text", "image"])}"),
            },
        };
        foreach (string setting in colon < 0 ? [] : text[(colon + 1)..].Split(','))
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? setting : setting[..equals], value = equals < 0 ? "" : setting[(equals + 1)..];
            options = key switch
            {
                "r" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int rank) => options with { Rank = rank },
                "alpha" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double alpha) =>
                    options with { Alpha = alpha },
                "modules" => options with { Modules = value.Split('+') },
                _ => throw Wrong(text, $"'{setting}' is not one of r=, alpha= and modules="),
            };
        }

        options.Validate();
        return options;
    }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="InputException">One is left, or a module is unknown.</exception>
    public void Validate()
    {
        if (Rank is < 1 or > LargestRank) throw new InputException($"lora: r must be 1 to 1024, got {Rank}");
        if (!(Alpha > 0 && double.IsFinite(Alpha))) throw new InputException($"lora: alpha must be above 0, got {Alpha}");
        if (Modules.Count == 0 || Modules.Distinct().Count() != Modules.Count)
            throw new InputException("lora: name at least one module, and each only once");
        foreach (string module in Modules)
            if (!KnownModules.Contains(module))
                throw new InputException(
                    $"lora: a CLIP has no module '{module}'; its blocks "
                        + $"have {string.Join(", ", KnownModules)}{Suggestion.End(module, KnownModules)}");
    }

    /// <summary>The options as <see cref="Parse"/> reads them.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Tower == ClipTower.Text ? "text" : "image")}:r={Rank},alpha={Alpha:R},modules={string.Join('+', Modules)}");

    private static InputException Wrong(string text, string why) =>
        new($"lora: expected for example text:r=8,alpha=16,modules=q_proj+v_proj, got '{text}': {why}");
}
