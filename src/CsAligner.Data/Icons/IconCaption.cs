namespace CsAligner.Data.Icons;

/// <summary>A text that says what an icon shows.</summary>
/// <param name="Text">Lower-case words.</param>
/// <param name="Source">Where it comes from.</param>
public sealed record IconCaption(string Text, CaptionSource Source);
