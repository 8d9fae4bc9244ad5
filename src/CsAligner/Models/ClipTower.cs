namespace CsAligner.Models;

/// <summary>One of a CLIP's two towers.</summary>
public enum ClipTower
{
    /// <summary>The text tower.</summary>
    Text,

    /// <summary>The vision tower.</summary>
    Image,
}
