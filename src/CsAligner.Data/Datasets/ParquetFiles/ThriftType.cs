namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>How Thrift's compact protocol writes a value.</summary>
internal enum ThriftType
{
    Stop,
    True,
    False,
    I8,
    I16,
    I32,
    I64,
    Double,
    Binary,
    List,
    Set,
    Map,
    Struct,
    Uuid,
}
