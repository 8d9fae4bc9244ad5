namespace CsAligner.Training;

/// <summary>The sides whose adapters train; the rows of the other side do not change.</summary>
public enum TrainedSide
{
    /// <summary>Both.</summary>
    Both,

    /// <summary>Texts only: image indexes and unCLIP decoders stay valid.</summary>
    Text,

    /// <summary>Images only.</summary>
    Image,
}
