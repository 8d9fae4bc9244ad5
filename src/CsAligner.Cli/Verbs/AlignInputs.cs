using CsAligner.Models.Lora;
using CsAligner.Studies.Sessions;

namespace CsAligner.Cli.Verbs;

/// <summary>What <c>align</c> was given to train on, as it was given: features, or a model and its data.</summary>
internal sealed record AlignInputs(
    string? Images,
    string? Texts,
    string? Pairs,
    string? UnpairedImages,
    string? UnpairedTexts,
    string? ImageTokens,
    string? TextTokens,
    string? Model,
    string? Data,
    IReadOnlyList<LoraOptions> Lora)
{
    /// <summary>Whether there are images and texts that belong together.</summary>
    public bool HasPairs => Images is not null && Texts is not null;

    /// <summary>Whether there are images and texts of which none belong together.</summary>
    public bool HasUnpairedAlone => Images is null && Texts is null && UnpairedImages is not null && UnpairedTexts is not null;

    public IReadOnlyList<(string Role, string? Path)> ByRole =>
    [
        ("images", Images), ("texts", Texts), ("pairs", Pairs), ("unpaired_images", UnpairedImages), ("unpaired_texts", UnpairedTexts),
        ("image_tokens", ImageTokens), ("text_tokens", TextTokens), ("model", Model), ("data", Data),
        ("lora", Lora.Count == 0 ? null : string.Join(' ', Lora)),
    ];

    /// <summary>Refuses what does not go together.</summary>
    public void Check()
    {
        if (Model is null)
        {
            if (!HasPairs && !HasUnpairedAlone)
                throw new UsageException("give --images and --texts, --unpaired-images and --unpaired-texts where there are no pairs, or "
                    + "--model, --data and --lora");
            if (HasUnpairedAlone && (Pairs ?? ImageTokens ?? TextTokens) is not null)
                throw new UsageException("--pairs and tokens belong to pairs: give --images and --texts with them, or leave them out");
            if (Data is not null || Lora.Count > 0)
                throw new UsageException(
                    "--lora trains inside an encoder: give --model and --data instead of --images and --texts");
            return;
        }

        if (Data is null || Lora.Count == 0) throw new UsageException("--model needs --data and --lora: give those too");
        if ((Images ?? Texts ?? Pairs ?? UnpairedImages ?? UnpairedTexts ?? ImageTokens ?? TextTokens) is not null)
            throw new UsageException(
                "--model and --data include images, texts, pairs and tokens: leave out --images, --texts and their options");
        if (Lora.Select(l => l.Tower).Distinct().Count() != Lora.Count) throw new UsageException("--lora can be given once per tower");
    }
}
