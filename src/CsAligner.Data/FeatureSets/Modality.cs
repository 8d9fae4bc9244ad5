namespace CsAligner.Data.FeatureSets;

/// <summary>The two kinds of rows in a feature set.</summary>
public enum Modality
{
    /// <summary>Rows that come from images.</summary>
    Image,

    /// <summary>Rows that come from texts.</summary>
    Text,
}
