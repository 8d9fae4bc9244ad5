namespace CsAligner.Data.Datasets.Samples;

/// <summary>The parts of a sample to read.</summary>
[Flags]
public enum SampleParts
{
    /// <summary>Nothing but its key.</summary>
    None = 0,

    /// <summary>The image.</summary>
    Image = 1,

    /// <summary>The captions.</summary>
    Captions = 2,

    /// <summary>Rows of features that are stored.</summary>
    Features = 4,
}
