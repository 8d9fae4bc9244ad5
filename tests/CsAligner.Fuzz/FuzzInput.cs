using System.Security.Cryptography;

namespace CsAligner.Fuzz;

/// <summary>The contents of a target's files. Never changed once made.</summary>
internal sealed record FuzzInput(FuzzTarget Target, byte[][] Parts)
{
    /// <summary>Bytes in all parts.</summary>
    public int Length => Parts.Sum(part => part.Length);

    /// <summary>A name that only this content has.</summary>
    public string Id
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (byte[] part in Parts)
            {
                hash.AppendData(BitConverter.GetBytes(part.Length));
                hash.AppendData(part);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
        }
    }

    public void WriteTo(string folder)
    {
        for (int i = 0; i < Parts.Length; i++)
        {
            string path = Path.Combine(folder, Target.Files[i]);
            if (Target.Files[i].Contains('/')) Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, Parts[i]);
        }
    }
}
