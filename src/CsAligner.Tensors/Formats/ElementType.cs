namespace CsAligner.Tensors.Formats;

/// <summary>
/// The type of the values in a file. Tensors are float32; other types exist in files only and are converted on the
/// way in and out. Files may hold more types than these (<see cref="Other"/>): their tensors are listed, not read.
/// </summary>
public enum ElementType
{
    /// <summary>A type of the format that this library does not read.</summary>
    Other,

    /// <summary>IEEE half precision, 2 bytes.</summary>
    Float16,

    /// <summary>The upper half of a float32, 2 bytes; safetensors only.</summary>
    BFloat16,

    /// <summary>IEEE single precision, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE double precision, 8 bytes.</summary>
    Float64,

    /// <summary>Signed, 8 bytes.</summary>
    Int64,

    /// <summary>Signed, 4 bytes.</summary>
    Int32,

    /// <summary>Unsigned, 1 byte.</summary>
    UInt8,

    /// <summary>False (0) or true (anything else), 1 byte.</summary>
    Bool,

    /// <summary>Signed, 1 byte.</summary>
    Int8,

    /// <summary>Signed, 2 bytes.</summary>
    Int16,

    /// <summary>Unsigned, 2 bytes.</summary>
    UInt16,

    /// <summary>Unsigned, 4 bytes.</summary>
    UInt32,

    /// <summary>Unsigned, 8 bytes.</summary>
    UInt64,
}
