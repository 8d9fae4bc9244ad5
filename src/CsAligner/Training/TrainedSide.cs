namespace CsAligner.Training;

/// <summary>Which side gets an adapter that trains; the other's rows stay as they are.</summary>
public enum TrainedSide
{
    /// <summary>Both.</summary>
    Both,

    /// <summary>Texts only: image indexes and unCLIP decoders stay valid.</summary>
    Text,

    /// <summary>Images only.</summary>
    Image,
}
