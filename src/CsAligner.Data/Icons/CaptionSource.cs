namespace CsAligner.Data.Icons;

/// <summary>The source of an icon's caption.</summary>
public enum CaptionSource
{
    /// <summary>The icon's name in its set, in words: the caption that every icon has.</summary>
    Name,

    /// <summary>Another name of the same picture in its set.</summary>
    Alias,

    /// <summary>A category or tag of the icon in the set.</summary>
    Category,

    /// <summary>What Unicode calls the emoji that it is a drawing of.</summary>
    EmojiLabel,

    /// <summary>A keyword of that emoji.</summary>
    EmojiTag,
}
