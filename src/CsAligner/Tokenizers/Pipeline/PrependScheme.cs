namespace CsAligner.Tokenizers.Pipeline;

/// <summary>The pieces that get a space mark in front.</summary>
internal enum PrependScheme
{
    /// <summary>All.</summary>
    Always,

    /// <summary>The one that a text begins with.</summary>
    First,

    /// <summary>None.</summary>
    Never,
}
