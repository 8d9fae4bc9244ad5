namespace CsAligner.Data.Icons;

/// <summary>One emoji of Unicode and its English name.</summary>
/// <param name="Code">Its code points in upper-case hexadecimal, joined by hyphens, without variation selectors:
/// <c>1F44B-1F3FB</c>.</param>
/// <param name="Label">Its name in words: <c>waving hand light skin tone</c>.</param>
/// <param name="Tags">Its keywords in words; a tone of skin has those of the emoji without.</param>
public sealed record Emoji(string Code, string Label, IReadOnlyList<string> Tags);
