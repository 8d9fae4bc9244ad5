namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Which pieces get a mark of a space in front.</summary>
internal enum PrependScheme
{
    /// <summary>All.</summary>
    Always,

    /// <summary>The one that a text begins with.</summary>
    First,

    /// <summary>None.</summary>
    Never,
}
