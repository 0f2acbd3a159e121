namespace Gateway.Modbus.Pdu;

/// <summary>How much of a device's identification is read. Modbus Application Protocol 1.1b3 §6.21.</summary>
public enum IdentificationCategory : byte
{
    /// <summary>Vendor, product code and revision: every device has them.</summary>
    Basic = 1,

    /// <summary>And the other objects that the standard names.</summary>
    Regular = 2,

    /// <summary>And those of the device's own, from 128 on.</summary>
    Extended = 3,
}

/// <summary>The objects of a device's identification that the standard names. §6.21.</summary>
public static class IdentificationObject
{
    /// <summary>The maker.</summary>
    public const byte VendorName = 0;

    /// <summary>The maker's code for the product.</summary>
    public const byte ProductCode = 1;

    /// <summary>The version.</summary>
    public const byte MajorMinorRevision = 2;

    /// <summary>The maker's address in the web.</summary>
    public const byte VendorUrl = 3;

    /// <summary>The product's name.</summary>
    public const byte ProductName = 4;

    /// <summary>The model's name.</summary>
    public const byte ModelName = 5;

    /// <summary>What the owner calls the device's program.</summary>
    public const byte UserApplicationName = 6;
}
