namespace CsAligner.Data.FeatureSets;

/// <summary>Which of the two kinds of rows a feature set holds.</summary>
public enum Modality
{
    /// <summary>Rows that come from images.</summary>
    Image,

    /// <summary>Rows that come from texts.</summary>
    Text,
}
