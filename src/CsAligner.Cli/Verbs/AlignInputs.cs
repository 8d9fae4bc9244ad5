namespace CsAligner.Cli.Verbs;

/// <summary>The files that <c>align</c> was given, as they were given.</summary>
internal sealed record AlignInputs(string Images, string Texts, string? Pairs, string? UnpairedImages, string? UnpairedTexts)
{
    public IReadOnlyList<(string Role, string? Path)> ByRole =>
    [
        ("images", Images), ("texts", Texts), ("pairs", Pairs), ("unpaired_images", UnpairedImages), ("unpaired_texts", UnpairedTexts),
    ];
}
