namespace CsAligner.Data.Icons;

/// <summary>The purpose of an icon. A split consists of whole sets; icon-splits.json lists them, with reasons.</summary>
public enum IconSplit
{
    /// <summary>Trains the encoders.</summary>
    Pretraining,

    /// <summary>Trains adapters, on features that the encoders have not memorised.</summary>
    Alignment,

    /// <summary>Chooses epochs and settings.</summary>
    Validation,

    /// <summary>Whole sets that nothing is trained or chosen on.</summary>
    Test,

    /// <summary>Icons whose names are kept out of every other split but the test sets.</summary>
    NewNames,
}
