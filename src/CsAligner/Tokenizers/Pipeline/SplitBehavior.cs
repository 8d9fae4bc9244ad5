namespace CsAligner.Tokenizers.Pipeline;

/// <summary>What happens to the delimiters at which a text is split.</summary>
internal enum SplitBehavior
{
    /// <summary>They are left out.</summary>
    Removed,

    /// <summary>Each becomes a separate word.</summary>
    Isolated,

    /// <summary>Each belongs to the word before it.</summary>
    MergedWithPrevious,

    /// <summary>Each belongs to the word behind it.</summary>
    MergedWithNext,

    /// <summary>Delimiters side by side are one word.</summary>
    Contiguous,
}
