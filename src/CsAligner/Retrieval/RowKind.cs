namespace CsAligner.Retrieval;

/// <summary>The two kinds of rows in a <see cref="MixedIndex"/>.</summary>
public enum RowKind
{
    /// <summary>A row of an image.</summary>
    Image,

    /// <summary>A row of a text.</summary>
    Text,
}
