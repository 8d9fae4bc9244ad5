namespace CsAligner.Data.Icons;

/// <summary>A text that says what an icon shows.</summary>
/// <param name="Text">Lower-case words.</param>
/// <param name="Source">Its source.</param>
public sealed record IconCaption(string Text, CaptionSource Source);
