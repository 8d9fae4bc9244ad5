namespace CsAligner.Data.Pictures;

/// <summary>A part of a set of pictures. Pictures that are nearly the same, or have the same name, are in one part.</summary>
internal enum PicturePart
{
    /// <summary>The whole set.</summary>
    All,

    /// <summary>For training, 70%.</summary>
    Train,

    /// <summary>For choosing epochs and settings, 10%.</summary>
    Validation,

    /// <summary>For measuring, 20%.</summary>
    Test,
}
