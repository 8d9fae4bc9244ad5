namespace CsAligner.Data.Icons;

/// <summary>The use of a whole icon set.</summary>
public enum IconRole
{
    /// <summary>Its icons train the encoders.</summary>
    Pretraining,

    /// <summary>Its icons train the adapters.</summary>
    Alignment,

    /// <summary>Its icons choose epochs and settings.</summary>
    Validation,

    /// <summary>Its icons are only measured on.</summary>
    Test,

    /// <summary>Not used at all: the licence, the content, or kinship with a set of another role.</summary>
    Excluded,
}
