namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>What a page says of itself.</summary>
/// <param name="Kind">0 values, 2 a dictionary, 3 values in the second version; others are none of ours.</param>
/// <param name="Length">Its bytes, decompressed.</param>
/// <param name="StoredLength">Its bytes in the file.</param>
/// <param name="Values">Rows, or entries of the dictionary.</param>
/// <param name="Encoding">How its values are written.</param>
/// <param name="LevelEncoding">How it is written which rows have values.</param>
/// <param name="LevelBytes">Bytes of that, in the second version.</param>
/// <param name="IsCompressed">Whether it is, in the second version.</param>
internal readonly record struct ParquetPage(int Kind, int Length, int StoredLength, int Values, int Encoding, int LevelEncoding, int LevelBytes, bool IsCompressed)
{
    public const int Data = 0, Dictionary = 2, DataOfVersion2 = 3;

    /// <summary>Reads a header.</summary>
    public static ParquetPage Read(ref ThriftReader reader)
    {
        int kind = -1, length = -1, stored = -1;
        ParquetPage of = default;
        for (int field = 0; reader.TryField(ref field, out ThriftType type);)
        {
            switch (field)
            {
                case 1:
                    kind = reader.Int(type);
                    break;
                case 2:
                    length = reader.Int(type);
                    break;
                case 3:
                    stored = reader.Int(type);
                    break;
                case 5:
                    of = ReadData(ref reader, type, new(0, 0, 0, -1, -1, 3, 0, true), encoding: 2, levelEncoding: 3, levelBytes: 0);
                    break;
                case 7:
                    of = ReadData(ref reader, type, new(0, 0, 0, -1, -1, 3, 0, true), encoding: 2, levelEncoding: 0, levelBytes: 0);
                    break;
                case 8:
                    of = ReadData(ref reader, type, new(0, 0, 0, -1, -1, 3, 0, true), encoding: 4, levelEncoding: 0, levelBytes: 5);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        if (length < 0 || stored < 0) throw new InvalidDataException("a page does not say how long it is");
        if (kind is Data or Dictionary or DataOfVersion2 && (of.Values < 0 || of.LevelBytes < 0)) throw new InvalidDataException("a page does not say how many values it has");
        return of with { Kind = kind, Length = length, StoredLength = stored };
    }

    // The headers of the three kinds have the same contents under other numbers.
    private static ParquetPage ReadData(ref ThriftReader reader, ThriftType type, ParquetPage page, int encoding, int levelEncoding, int levelBytes)
    {
        ThriftReader.Struct(type);
        for (int field = 0; reader.TryField(ref field, out ThriftType content);)
        {
            if (field == 1) page = page with { Values = reader.Int(content) };
            else if (field == encoding) page = page with { Encoding = reader.Int(content) };
            else if (field == levelEncoding) page = page with { LevelEncoding = reader.Int(content) };
            else if (field == levelBytes) page = page with { LevelBytes = reader.Int(content) };
            else if (field == 7 && levelBytes > 0 && content is ThriftType.True or ThriftType.False) page = page with { IsCompressed = content == ThriftType.True };
            else reader.Skip(content);
        }

        return page;
    }
}
